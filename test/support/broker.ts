import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedBroker, startBroker } from "../../cli/demo/broker.ts";
import { answers } from "../../cli/fleet-trial/broker.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import type { Tls } from "../../protocol/mqtt/client.ts";

/** A broker for a test: mosquitto in a process of its own where it is installed, otherwise the embedded one. */
export interface TestBroker extends EmbeddedBroker {
  readonly kind: "mosquitto" | "embedded";
}

export async function startTestBroker(): Promise<TestBroker> {
  return (await startMosquitto()) ?? { kind: "embedded", ...(await startBroker()) };
}

/** mosquitto, or undefined where it is not installed. It does not forget what is unsent while it runs. */
export async function startMosquitto(port?: number, more = ""): Promise<TestBroker | undefined> {
  const at = port ?? (await freePort());
  const config = `listener ${at} 127.0.0.1\nallow_anonymous true\npersistence false\n${more}`;
  return runMosquitto(config, at, "mqtt");
}

/** The folder with what a broker over TLS needs; `certificate` makes a client's. */
export interface TestAuthority {
  readonly folder: string;
  certificate(name: string, days?: number): Promise<Tls>;
}

const BROKER_FOLDER = join(PACKAGE_FOLDER, "deploy", "broker");

/** Makes an authority with the script that operators get. */
export async function makeAuthority(days = 30): Promise<TestAuthority & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-ca-"));
  const make = (names: readonly string[], valid: number) =>
    execFileSync(join(BROKER_FOLDER, "make-test-ca.sh"), [folder, ...names], {
      env: { ...process.env, DAYS: String(valid) },
      stdio: "pipe",
    });
  make([], days);
  const read = (name: string) => readFile(join(folder, name), "utf8");
  return {
    folder,
    async certificate(name, valid = 30) {
      if (name !== "carrier") make([name], valid);
      return { ca: await read("ca.crt"), cert: await read(`${name}.crt`), key: await read(`${name}.key`) };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** mosquitto with the configuration and the rules that operators get, but for the port and what a test takes away. */
export async function startFleetBroker(
  { folder }: TestAuthority,
  acl: (text: string) => string = (text) => text,
): Promise<TestBroker | undefined> {
  const port = await freePort();
  const config = (await readFile(join(BROKER_FOLDER, "mosquitto.conf"), "utf8"))
    .replace("listener 8883", `user root\nlistener ${port} 127.0.0.1`)
    .replace("persistence true", "persistence false");
  await cp(join(BROKER_FOLDER, "acl"), join(folder, "acl"));
  await writeFile(join(folder, "acl"), acl(await readFile(join(folder, "acl"), "utf8")));
  return runMosquitto(config, port, "mqtts", folder);
}

async function runMosquitto(
  text: string,
  port: number,
  protocol: "mqtt" | "mqtts",
  cwd?: string,
): Promise<TestBroker | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-mosquitto-"));
  const config = join(folder, "mosquitto.conf");
  await writeFile(config, text);
  const path = `${process.env["PATH"]}:/usr/sbin`;
  const env = { ...process.env, PATH: path };
  const child = spawn("mosquitto", ["-c", config], { stdio: "ignore", env, ...(cwd ? { cwd } : {}) });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  if (!(await started(child))) {
    await stop();
    return undefined;
  }
  await answers(port);
  return { kind: "mosquitto", url: new URL(`${protocol}://127.0.0.1:${port}`), [Symbol.asyncDispose]: stop };
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
