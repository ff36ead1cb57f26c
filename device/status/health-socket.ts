import { lstat, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { type Health, healthSchema } from "../../protocol/messages/metrics.ts";
import type { Log } from "../process/log.ts";

/** The most open connections. Each is closed after one line. */
const CONNECTION_LIMIT = 16;
const CONNECTION_TIMEOUT_MS = 2_000;

/**
 * Sends the health as one line of JSON to each connection of a unix socket. If the path cannot be used, the log says
 * so, and the device runs without the socket.
 */
export async function serveHealth(path: string, health: () => Promise<Health>, log: Log): Promise<AsyncDisposable> {
  const old = await lstat(path).catch(() => undefined);
  if (old?.isSocket()) await rm(path, { force: true }).catch(() => undefined);
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket
      .on("error", () => socket.destroy())
      .on("close", () => {
        clearTimeout(late);
        connections.delete(socket);
      });
    const late = setTimeout(() => socket.destroy(), CONNECTION_TIMEOUT_MS);
    health().then(
      (now) => socket.end(`${JSON.stringify(now)}\n`),
      () => socket.destroy(),
    );
  });
  server.maxConnections = CONNECTION_LIMIT;
  await new Promise<void>((resolve) => {
    server.on("error", (error) => {
      log.warn({ event: "health_socket_failed", reason: error.message });
      resolve();
    });
    server.listen(path, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Reads the health of a running device. Throws if there is none, no answer in time, or no valid health. */
export async function queryHealth(path: string, withinMs = 3_000): Promise<Health> {
  const text = await new Promise<string>((resolve, reject) => {
    let received = "";
    const socket = connect(path);
    socket.setTimeout(withinMs, () =>
      socket.destroy(new Error(`no answer within ${withinMs} ms: the service is stuck`)),
    );
    socket.setEncoding("utf8").on("data", (part: string) => {
      received += part;
    });
    socket.once("error", reject).once("end", () => resolve(received));
  });
  return healthSchema.parse(JSON.parse(text));
}
