import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type EmbeddedBroker, startBroker } from "../../deploy/demo/broker.ts";

/** A broker for a test: mosquitto in a process of its own where it is installed, otherwise the embedded one. */
export interface TestBroker extends EmbeddedBroker {
  readonly kind: "mosquitto" | "embedded";
}

export async function startTestBroker(): Promise<TestBroker> {
  return (await startMosquitto()) ?? { kind: "embedded", ...(await startBroker()) };
}

async function startMosquitto(): Promise<TestBroker | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-mosquitto-"));
  const port = await freePort();
  const config = join(folder, "mosquitto.conf");
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const path = `${process.env["PATH"]}:/usr/sbin`;
  const child = spawn("mosquitto", ["-c", config], { stdio: "ignore", env: { ...process.env, PATH: path } });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  if (!(await started(child))) {
    await stop();
    return undefined;
  }
  await answering(port);
  return { kind: "mosquitto", url: new URL(`mqtt://127.0.0.1:${port}`), [Symbol.asyncDispose]: stop };
}

async function started(child: ChildProcess): Promise<boolean> {
  return Promise.race([once(child, "spawn").then(() => true), once(child, "error").then(() => false)]).catch(
    () => false,
  );
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answering(port: number): Promise<void> {
  const { connect } = await import("node:net");
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, "127.0.0.1");
    const up = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (up) return;
    await sleep(50);
  }
  throw new Error("mosquitto does not answer");
}
