import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Release } from "./release.ts";

/** The used fields of a service's log line. */
export interface LogEntry {
  readonly event: string;
  readonly code?: string;
  readonly enrolmentCode?: string;
}

/** A simulated device: the real service in its own process, with a film as its camera. */
export interface TrialCamera extends AsyncDisposable {
  readonly name: string;
  readonly dataFolder: string;
  /** Ends a running service and starts it, from an empty data folder or from the present one. */
  start(release: Release, bootstrap?: string): Promise<void>;
  /** Waits for an event of the running service. Throws Error if it does not come or the service ends. */
  logged(event: string, withinMs?: number): Promise<LogEntry>;
  /** Whether the running service has logged this event. */
  hasLogged(event: string): boolean;
}

export interface TrialCameraOptions {
  readonly name: string;
  readonly folder: string;
  readonly film: string;
}

/** Makes a camera that is off and has an empty data folder. */
export async function openTrialCamera({ name, folder, film }: TrialCameraOptions): Promise<TrialCamera> {
  const home = join(folder, name);
  const dataFolder = join(home, "data");
  await mkdir(home, { recursive: true });
  let service: Service | undefined;
  return {
    name,
    dataFolder,
    async start(release, bootstrap) {
      const running = service;
      const stop = async () => running?.[Symbol.asyncDispose]();
      await (running?.hasLogged("broker_connected") ? whileLocked(join(home, "updates.lock"), stop) : stop());
      service = startService({
        name,
        home,
        program: join(release.folder, "dist", "cli", "matchlight.js"),
        environment: {
          PATH: process.env["PATH"],
          BALENA_DEVICE_NAME_AT_INIT: name,
          MATCHLIGHT_BOOTSTRAP: bootstrap,
          MATCHLIGHT_CAMERA: `film:${film}`,
          MATCHLIGHT_DATA_DIR: dataFolder,
          MATCHLIGHT_UPDATE_LOCK: join(home, "updates.lock"),
          MATCHLIGHT_RELEASE: release.version,
          MATCHLIGHT_UNDO_AFTER_MS: String(UNDO_AFTER_MS),
        },
      });
    },
    async logged(event, withinMs = LOGGED_WITHIN_MS) {
      if (!service) throw new Error(`${name} has no power`);
      return service.logged(event, withinMs);
    },
    hasLogged: (event) => service?.hasLogged(event) ?? false,
    [Symbol.asyncDispose]: async () => service?.[Symbol.asyncDispose](),
  };
}

const LOGGED_WITHIN_MS = 60_000;
/** In a fleet this is two minutes; the trial does not wait so long. */
const UNDO_AFTER_MS = 15_000;
const LOCKED_WITHIN_MS = 90_000;

/** Takes the update lock like balena's supervisor, by creating the file. It waits during a verification. */
async function whileLocked(path: string, work: () => Promise<void>): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const taken = await writeFile(path, "", { flag: "wx" }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
    if (taken) break;
    if (waitedMs >= LOCKED_WITHIN_MS) throw new Error(`${path} is not let go`);
    await sleep(100);
  }
  await work().finally(() => rm(path, { force: true }));
}

interface ServiceOptions {
  readonly name: string;
  readonly home: string;
  readonly program: string;
  readonly environment: NodeJS.ProcessEnv;
}

interface Service extends AsyncDisposable {
  logged(event: string, withinMs: number): Promise<LogEntry>;
  hasLogged(event: string): boolean;
}

function startService({ name, home, program, environment }: ServiceOptions): Service {
  const child = spawn(process.execPath, [program, "start"], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(join(home, "log.jsonl"), { flags: "a" });
  child.stderr.pipe(log, { end: false });
  const entries: LogEntry[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    log.write(`${text}\n`);
    if (text.startsWith("{")) entries.push(JSON.parse(text));
  });
  const find = (event: string) => entries.find((entry) => entry.event === event);
  return {
    hasLogged: (event) => find(event) !== undefined,
    async logged(event, withinMs) {
      for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 50) {
        const entry = find(event);
        if (entry) return entry;
        if (hasEnded(child)) throw new Error(`${name} ended with exit code ${child.exitCode}: see its log.jsonl`);
        await sleep(50);
      }
      throw new Error(`${name} did not log ${event} within ${withinMs / 1_000} s`);
    },
    async [Symbol.asyncDispose]() {
      if (!hasEnded(child)) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      log.end();
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
