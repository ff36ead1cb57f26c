import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

const run = promisify(execFile);
const BROKER_FOLDER = join(PACKAGE_FOLDER, "deploy", "broker");

/** mosquitto with the configuration and ACL of `deploy/broker`, and its certificate authority. */
export interface TrialBroker extends AsyncDisposable {
  readonly url: URL;
  /** The folder of the authority: `ca.crt`, `ca.key`, and `<name>.crt` and `<name>.key` of carrier and operator. */
  readonly folder: string;
}

/** Throws Error if mosquitto or openssl is missing, or the port is in use. */
export async function startTrialBroker(folder: string, port: number): Promise<TrialBroker> {
  await run(join(BROKER_FOLDER, "make-test-ca.sh"), [folder]);
  await run(join(BROKER_FOLDER, "make-test-ca.sh"), [folder, "operator"]);
  await cp(join(BROKER_FOLDER, "acl"), join(folder, "acl"));
  const text = await readFile(join(BROKER_FOLDER, "mosquitto.conf"), "utf8");
  // mosquitto started by root would change to a user that cannot read the keys.
  const user = process.getuid?.() === 0 ? "user root\n" : "";
  await writeFile(join(folder, "mosquitto.conf"), text.replace("listener 8883", `${user}listener ${port} 127.0.0.1`));
  const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin` };
  const child = spawn("mosquitto", ["-c", "mosquitto.conf"], { cwd: folder, stdio: "ignore", env });
  const failed = new Promise<never>((_, reject) => {
    child.once("error", () => reject(new Error("mosquitto is not installed (Debian: apt-get install mosquitto)")));
    child.once("exit", () => reject(new Error(`mosquitto ended; is port ${port} taken? Choose another with --port`)));
  });
  failed.catch(() => undefined);
  await Promise.race([answers(port), failed]);
  return { folder, url: new URL(`mqtts://localhost:${port}`), [Symbol.asyncDispose]: () => stop(child) };
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
