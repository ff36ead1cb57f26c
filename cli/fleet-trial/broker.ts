import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { openWhole } from "../../protocol/common/disposable-stack.ts";

const run = promisify(execFile);
const BROKER_FOLDER = join(PACKAGE_FOLDER, "deploy", "broker");

/** One listener of the broker: its address, and the folder of its authority with `ca.crt`, `ca.key` and client certificates. */
export interface TrialListener {
  readonly url: URL;
  readonly authority: string;
}

/** mosquitto with the configuration and ACLs of `deploy/broker`, and its certificate authorities. */
export interface TrialBroker extends AsyncDisposable {
  readonly folder: string;
  readonly cameras: TrialListener;
  /** The listener of carriers and operators. Their certificates are made here. */
  readonly carriers: TrialListener;
  /** The listener where cameras enrol with the bootstrap credential. */
  readonly bootstrapUrl: URL;
  /** Withdraws the bootstrap credential and makes a new one. */
  anotherBootstrap(): Promise<URL>;
  /** The listener where operators approve cameras. */
  readonly enrolmentUrl: URL;
}

/**
 * Listens for cameras on `port`, for carriers and operators on the next, and for cameras that enrol and their operators on
 * the two after that. Throws Error if mosquitto or openssl is missing, or a port is in use.
 */
export async function startTrialBroker(folder: string, port: number): Promise<TrialBroker> {
  const [cameras, carriers] = [join(folder, "cameras"), join(folder, "carriers")];
  await run(join(BROKER_FOLDER, "make-test-ca.sh"), [cameras]);
  await run(join(BROKER_FOLDER, "make-test-ca.sh"), [carriers, "carrier", "operator"]);
  const password = makePassword();
  await layOutBroker(folder, [port, port + 1]);
  await layOutEnrolmentBroker(folder, [port + 2, port + 3], password);
  const bootstrapUrl = (secret: string) => new URL(`mqtts://bootstrap:${secret}@localhost:${port + 2}`);
  return openWhole(async (all) => {
    all.use(await startOne(folder, "mosquitto.conf", [port, port + 1]));
    const enrolment = all.use(await startOne(folder, "enrolment.conf", [port + 2, port + 3]));
    return {
      folder,
      cameras: { url: new URL(`mqtts://localhost:${port}`), authority: cameras },
      carriers: { url: new URL(`mqtts://localhost:${port + 1}`), authority: carriers },
      bootstrapUrl: bootstrapUrl(password),
      async anotherBootstrap() {
        const another = makePassword();
        await writePassword(folder, another);
        enrolment.reload();
        return bootstrapUrl(another);
      },
      enrolmentUrl: new URL(`mqtts://localhost:${port + 3}`),
    };
  });
}

function makePassword(): string {
  return randomBytes(16).toString("base64url");
}

interface Started extends AsyncDisposable {
  /** Makes the broker read its rules and passwords again. */
  reload(): void;
}

async function startOne(folder: string, file: string, ports: readonly number[]): Promise<Started> {
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
  const child = spawn("mosquitto", ["-c", file], { cwd: folder, stdio: "ignore", env });
  const failed = new Promise<never>((_, reject) => {
    child.once("error", () => reject(new Error("mosquitto is not installed (Debian: apt-get install mosquitto)")));
    child.once("exit", () =>
      reject(new Error(`mosquitto ended; are the ports ${ports.join(" and ")} taken? Choose others with --port`)),
    );
  });
  failed.catch(() => undefined);
  await Promise.race([Promise.all(ports.map(answers)), failed]);
  return { reload: () => child.kill("SIGHUP"), [Symbol.asyncDispose]: () => stop(child) };
}

/** Writes configuration and rules of `deploy/broker` into a folder, for the ports of cameras and of carriers on this machine. */
export async function layOutBroker(folder: string, [cameras, carriers]: readonly [number, number]): Promise<void> {
  for (const rules of ["cameras.acl", "carriers.acl"]) await cp(join(BROKER_FOLDER, rules), join(folder, rules));
  const text = await readFile(join(BROKER_FOLDER, "mosquitto.conf"), "utf8");
  // mosquitto started by root would change to a user that cannot read the keys.
  const user = process.getuid?.() === 0 ? "user root\n" : "";
  const here = text
    .replace("listener 8883", `${user}listener ${cameras} 127.0.0.1`)
    .replace("listener 8884", `listener ${carriers} 127.0.0.1`);
  await writeFile(join(folder, "mosquitto.conf"), here);
}

/** Writes the files of the broker where cameras enrol: configuration, rules, and the password of the bootstrap credential. */
export async function layOutEnrolmentBroker(
  folder: string,
  [cameras, operators]: readonly [number, number],
  password: string,
): Promise<void> {
  for (const rules of ["bootstrap.acl", "enrolment-operators.acl"])
    await cp(join(BROKER_FOLDER, rules), join(folder, rules));
  await writePassword(folder, password);
  const text = await readFile(join(BROKER_FOLDER, "enrolment.conf"), "utf8");
  const user = process.getuid?.() === 0 ? "user root\n" : "";
  const here = text
    .replace("listener 8885", `${user}listener ${cameras} 127.0.0.1`)
    .replace("listener 8886", `listener ${operators} 127.0.0.1`);
  await writeFile(join(folder, "enrolment.conf"), here);
}

function writePassword(folder: string, password: string) {
  return run("mosquitto_passwd", ["-c", "-b", join(folder, "bootstrap.passwd"), "bootstrap", password]);
}

/** Waits until a port of this machine is open. Throws after five seconds. */
export async function answers(port: number): Promise<void> {
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

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
