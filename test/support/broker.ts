import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedBroker, startBroker } from "../../cli/demo/broker.ts";
import { answers, layOutBroker, layOutEnrolmentBroker } from "../../cli/fleet-trial/broker.ts";
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
  return { ...authorityIn(folder, days), [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function authorityIn(folder: string, days: number): TestAuthority {
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
      make([name], valid);
      return { ca: await read("ca.crt"), cert: await read(`${name}.crt`), key: await read(`${name}.key`) };
    },
  };
}

/** The authorities of a fleet's broker: of the cameras, and of carriers and operators. */
export interface TestAuthorities extends AsyncDisposable {
  readonly folder: string;
  readonly cameras: TestAuthority;
  readonly carriers: TestAuthority;
}

export async function makeAuthorities(days = 30): Promise<TestAuthorities> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-ca-"));
  return {
    folder,
    cameras: authorityIn(join(folder, "cameras"), days),
    carriers: authorityIn(join(folder, "carriers"), days),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A broker with a listener for cameras, `url`, and one for carriers and operators. */
export interface FleetBroker extends TestBroker {
  readonly carriersUrl: URL;
}

/** mosquitto with the configuration and the rules that operators get, but for the ports and what a test takes away. */
export async function startFleetBroker(
  { folder }: TestAuthorities,
  rules: (text: string) => string = (text) => text,
  more = "",
): Promise<FleetBroker | undefined> {
  const [port, carriersPort] = [await freePort(), await freePort()];
  await layOutBroker(folder, [port, carriersPort]);
  const acl = join(folder, "cameras.acl");
  await writeFile(acl, rules(await readFile(acl, "utf8")));
  const config = (await readFile(join(folder, "mosquitto.conf"), "utf8")).replace(
    "persistence true",
    "persistence false",
  );
  const broker = await runMosquitto(config + more, port, "mqtts", folder);
  if (!broker) return undefined;
  await answers(carriersPort);
  return { ...broker, carriersUrl: new URL(`mqtts://127.0.0.1:${carriersPort}`) };
}

/** The broker where cameras enrol. */
export interface EnrolmentBroker extends TestBroker {
  readonly operatorsUrl: URL;
  /** With the bootstrap credential. */
  readonly camerasUrl: URL;
  /** Takes the bootstrap credential back. */
  withdraw(): Promise<void>;
}

const PASSWORD = "in-every-image";

/** mosquitto with the configuration for enrolments that operators get, but for the ports. */
export async function startEnrolmentBroker({ folder }: TestAuthorities): Promise<EnrolmentBroker | undefined> {
  const [port, operatorsPort] = [await freePort(), await freePort()];
  await layOutEnrolmentBroker(folder, [port, operatorsPort], PASSWORD);
  const config = await readFile(join(folder, "enrolment.conf"), "utf8");
  const broker = await runMosquitto(config, port, "mqtts", folder);
  if (!broker) return undefined;
  await answers(operatorsPort);
  return {
    ...broker,
    operatorsUrl: new URL(`mqtts://127.0.0.1:${operatorsPort}`),
    camerasUrl: new URL(`mqtts://bootstrap:${PASSWORD}@127.0.0.1:${port}`),
    async withdraw() {
      await writeFile(join(folder, "bootstrap.passwd"), "");
      process.kill(broker.pid, "SIGHUP");
    },
  };
}

async function runMosquitto(
  text: string,
  port: number,
  protocol: "mqtt" | "mqtts",
  cwd?: string,
): Promise<(TestBroker & { readonly pid: number }) | undefined> {
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
  const url = new URL(`${protocol}://127.0.0.1:${port}`);
  return { kind: "mosquitto", url, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop };
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

/** Below those that the system gives to outgoing connections: one of them could take the port before the broker does. */
const PORTS = { from: 10_000, below: 32_000 } as const;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.below);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
