import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./broker.ts";

const run = promisify(execFile);
const BIN = ["15", "16", "17", "14"].map((version) => `/usr/lib/postgresql/${version}/bin`).find(existsSync);

/** A PostgreSQL server of its own, which can be killed and started again over the same data. */
export interface TestPostgres extends AsyncDisposable {
  readonly url: URL;
  kill(): Promise<void>;
  /** It ends by itself when its disk is full. */
  isRunning(): boolean;
  start(): Promise<void>;
}

/** Debian's PostgreSQL on a free port in a temporary folder; undefined where it is not installed. */
export async function startPostgres(
  parent = tmpdir(),
  more: readonly string[] = [],
): Promise<TestPostgres | undefined> {
  if (!BIN) return undefined;
  const folder = await mkdtemp(join(parent, "matchlight-postgres-"));
  const account = await unprivileged(folder);
  const port = await freePort();
  const [program, ...before] = [...account, join(BIN, "initdb")];
  await run(program as string, [...before, "-D", join(folder, "data"), "-U", "test", "-A", "trust", "--no-sync"]);
  let child: ChildProcess | undefined;
  const start = async () => {
    const args = ["-D", join(folder, "data"), "-p", String(port), "-k", folder, "-h", "127.0.0.1"];
    const [server = "", ...rest] = [...account, join(BIN, "postgres"), ...args, "-c", "max_connections=60", ...more];
    child = spawn(server, rest, { stdio: "ignore" });
    await untilReady(port);
  };
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals) => {
    if (!child || !isRunning()) return;
    child.kill(signal);
    await once(child, "exit");
  };
  await start();
  return {
    url: new URL(`postgres://test@127.0.0.1:${port}/postgres`),
    kill: () => end("SIGKILL"),
    isRunning,
    start,
    async [Symbol.asyncDispose]() {
      await end("SIGINT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL does not run as root: the command that runs a program as somebody else, empty when that is not needed. */
async function unprivileged(folder: string): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const { stdout } = await run("id", ["-u", "postgres"]);
  await chown(folder, Number(stdout), Number((await run("id", ["-g", "postgres"])).stdout));
  return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
}

async function untilReady(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const ready = await run(join(BIN ?? "", "pg_isready"), ["-h", "127.0.0.1", "-p", String(port)]).catch(
      () => undefined,
    );
    if (ready) return;
    await sleep(50);
  }
  throw new Error("PostgreSQL did not start");
}
