import { lstat, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { type Health, healthSchema } from "../../protocol/metrics.ts";
import type { Log } from "../process/log.ts";

/** Whoever asks reads one line and is gone; nobody may hold more than this many connections. */
const ASKING_LIMIT = 16;
const ASKED_WITHIN_MS = 2_000;

/**
 * Answers every connection to a unix socket with the health as one line of JSON. A path that cannot be used is told in
 * the log, and the device goes on without: health is for those who look, not for the person at the counter.
 */
export async function serveHealth(path: string, health: () => Promise<Health>, log: Log): Promise<AsyncDisposable> {
  const old = await lstat(path).catch(() => undefined);
  if (old?.isSocket()) await rm(path, { force: true }).catch(() => undefined);
  const asking = new Set<Socket>();
  const server = createServer((socket) => {
    asking.add(socket);
    socket
      .on("error", () => socket.destroy())
      .on("close", () => {
        clearTimeout(late);
        asking.delete(socket);
      });
    const late = setTimeout(() => socket.destroy(), ASKED_WITHIN_MS);
    health().then(
      (now) => socket.end(`${JSON.stringify(now)}\n`),
      () => socket.destroy(),
    );
  });
  server.maxConnections = ASKING_LIMIT;
  await new Promise<void>((resolve) => {
    server.on("error", (error) => {
      log.warn({ event: "health_socket_failed", reason: error.message });
      resolve();
    });
    server.listen(path, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of asking) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Asks a running device. Throws when there is none, when it does not answer in time, or not with a health. */
export async function askHealth(path: string, withinMs = 3_000): Promise<Health> {
  const text = await new Promise<string>((resolve, reject) => {
    let heard = "";
    const socket = connect(path);
    socket.setTimeout(withinMs, () =>
      socket.destroy(new Error(`no answer within ${withinMs} ms: the service is stuck`)),
    );
    socket.setEncoding("utf8").on("data", (part: string) => {
      heard += part;
    });
    socket.once("error", reject).once("end", () => resolve(heard));
  });
  return healthSchema.parse(JSON.parse(text));
}
