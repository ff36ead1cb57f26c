import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { startTestBroker } from "./broker.ts";

export interface KilledStarts {
  readonly seed: number;
  readonly starts: number;
  /** How often each line of the log was the last that was heard. */
  readonly killedAfter: Readonly<Record<string, number>>;
  /** What a start after a kill complained of: whatever needs somebody's hand, or was lost. */
  readonly repairs: readonly string[];
}

/** Each data folder sees this many killed starts, its very first among them, and then one that is let live. */
const KILLS_A_FOLDER = 5;
const TROUBLE = ["storage_damaged", "storage_failed", "keys_refused", "update_lock_failed", "ended"];

/**
 * Kills the real service, with its real networks, at moments drawn over the whole length of a start, and then lets one
 * start live: it must come up without complaint, with the keys that the first one made.
 */
export async function killStarts(starts: number, seed: number, told = (_line: string) => {}): Promise<KilledStarts> {
  const random = randomOf(seed);
  await using broker = await startTestBroker();
  const killedAfter: Record<string, number> = {};
  const repairs: string[] = [];
  let wholeMs = await inFolder((folder) => letLive(broker.url, folder, repairs));
  for (let done = 0; done < starts; done += KILLS_A_FOLDER) {
    await inFolder(async (folder) => {
      let keys: string | undefined;
      for (let kill = 0; kill < Math.min(KILLS_A_FOLDER, starts - done); kill++) {
        const last = await killOne(broker.url, folder, random() * wholeMs);
        killedAfter[last] = (killedAfter[last] ?? 0) + 1;
        const found = await readFile(join(folder, "data", "identity.json"), "utf8").catch(() => undefined);
        if (keys !== undefined && found !== keys) repairs.push("the keys have changed");
        keys ??= found;
      }
      wholeMs = await letLive(broker.url, folder, repairs);
      const after = await readFile(join(folder, "data", "identity.json"), "utf8");
      if (keys !== undefined && after !== keys) repairs.push("the keys have changed");
    });
    told(`${Math.min(done + KILLS_A_FOLDER, starts)} of ${starts} starts killed`);
  }
  return { seed, starts, killedAfter, repairs };
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-starts-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function killOne(brokerUrl: URL, folder: string, afterMs: number): Promise<string> {
  const start = begin(brokerUrl, folder);
  await Promise.race([sleep(afterMs), start.ended]);
  start.kill();
  await start.ended;
  return start.last();
}

/** Lets a start come up, and notes what it complained of. Gives how long it took. */
async function letLive(brokerUrl: URL, folder: string, repairs: string[]): Promise<number> {
  const sinceMs = performance.now();
  const survivor = begin(brokerUrl, folder);
  if (!(await survivor.up())) repairs.push(`a start did not come up: ${survivor.said().join(", ")}`);
  const tookMs = performance.now() - sinceMs;
  repairs.push(...survivor.said().filter((event) => TROUBLE.includes(event)));
  survivor.kill();
  await survivor.ended;
  return tookMs;
}

const UP_WITHIN_MS = 60_000;

function begin(brokerUrl: URL, folder: string) {
  const program = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");
  const child = spawn(process.execPath, [program, "start"], {
    env: {
      PATH: process.env["PATH"],
      MATCHLIGHT_BROKER_URL: brokerUrl.href,
      MATCHLIGHT_DEVICE_ID: "mortal",
      MATCHLIGHT_CARRIER_KEY: JSON.stringify({
        kty: "OKP",
        crv: "Ed25519",
        x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      }),
      MATCHLIGHT_CAMERA: "film:/none",
      MATCHLIGHT_DATA_DIR: join(folder, "data"),
      MATCHLIGHT_UPDATE_LOCK: join(folder, "updates.lock"),
      MATCHLIGHT_HEALTH_SOCKET: join(folder, "health.sock"),
      MATCHLIGHT_LOG_LEVEL: "debug",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: string[] = [];
  let isUp: (up: boolean) => void = () => undefined;
  const up = new Promise<boolean>((resolve) => {
    isUp = resolve;
  });
  const ended = once(child, "exit").then(() => isUp(false));
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    said.push(JSON.parse(line).event);
    if (said.at(-1) === "broker_connected") isUp(true);
  });
  return {
    ended,
    kill: () => child.kill("SIGKILL"),
    up: () => Promise.race([up, sleep(UP_WITHIN_MS, false, { ref: false })]),
    said: () => said,
    last: () => said.at(-1) ?? "nothing yet",
  };
}
