import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Operator, openOperator, type SignedPack } from "../../carrier/client.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { startTestBroker } from "./broker.ts";
import { media } from "./media.ts";
import { makeTestPack, signedCopy } from "./test-pack.ts";

export interface PackKillResult {
  readonly seed: number;
  readonly rounds: number;
  /** What the device last did with packs before it was killed, and how often. */
  readonly killedAfter: Readonly<Record<string, number>>;
  /** Starts after which the pack in force was neither the release's nor the whole new one. */
  readonly halfPacks: readonly string[];
  /** Whether, left alone, the pack went in and came out again. */
  readonly wentIn: boolean;
  readonly cameOut: boolean;
}

export const DEVICE = "mortal-pack";

/**
 * Kills the real service with SIGKILL at moments drawn from a seed while a pack is sent, tried, put into force or taken
 * back, and looks after each start which pack is in force.
 */
export async function packKillRounds(
  rounds: number,
  seed: number,
  told = (_line: string) => {},
): Promise<PackKillResult> {
  const random = randomOf(seed);
  const folder = await mkdtemp(join(tmpdir(), "matchlight-pack-kill-"));
  await using broker = await startTestBroker();
  const key = await generatePrivateJwk("signing");
  const pack = await signedCopy(await makeTestPack(join(folder, "made")), join(folder, "signed"), key);
  const killedAfter: Record<string, number> = {};
  const halfPacks: string[] = [];
  const start = () => startService(broker.url, join(folder, "data"), key);
  const operate = () => openOperator({ brokerUrl: broker.url, device: DEVICE, key });
  try {
    for (let round = 0; round < rounds; round++) {
      const service = await start();
      await using operator = await operate();
      const problem = await lookAt(operator, pack, join(folder, "data", "packs"));
      if (problem) halfPacks.push(`round ${round}: ${problem}`);
      const work = { last: "nothing" };
      const working = changePack(operator, pack, work).catch(() => undefined);
      await sleep(random() * 1_600);
      await kill(service);
      killedAfter[work.last] = (killedAfter[work.last] ?? 0) + 1;
      told(`round ${round + 1} of ${rounds}: killed after ${work.last}`);
      await Promise.race([working, sleep(100)]);
    }
    const service = await start();
    await using operator = await operate();
    if ((await active(operator)) === pack.claims.hash) await operator.command({ type: "pack_rollback" });
    await operator.sendPack(pack);
    const inside = await operator.command({ type: "pack_activate", hash: pack.claims.hash });
    const outside = await operator.command({ type: "pack_rollback" });
    await kill(service);
    const [wentIn, cameOut] = [inside.packs.active.from === "command", outside.packs.active.from === "release"];
    return { seed, rounds, killedAfter, halfPacks, wentIn, cameOut };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts the pack into force, or takes it back: whatever is not so yet. */
async function changePack(operator: Operator, pack: SignedPack, work: { last: string }): Promise<void> {
  if ((await active(operator)) === pack.claims.hash) {
    work.last = "rolling back";
    await operator.command({ type: "pack_rollback" });
    work.last = "rolled back";
    return;
  }
  work.last = "offered";
  await operator.sendPack(pack, (received, size) => {
    work.last = received >= size ? "measuring" : "sending";
  });
  work.last = "activating";
  await operator.command({ type: "pack_activate", hash: pack.claims.hash });
  work.last = "activated";
}

/** The pack in force as the device says now, not as it said before it was killed. */
async function active(operator: Operator): Promise<string> {
  return (await operator.command({ type: "config_reset" })).packs.active.hash;
}

async function lookAt(operator: Operator, pack: SignedPack, packs: string): Promise<string | undefined> {
  const { packs: said } = await operator.command({ type: "config_reset" });
  const { hash, from, id } = said.active;
  const names = await readdir(packs);
  if (names.includes("unpacking")) return "half a pack was left";
  const right = from === "release" ? id === "int8" && hash !== pack.claims.hash : hash === pack.claims.hash;
  return right ? undefined : `${id} ${hash} from ${from}`;
}

/** The real service in a process of its own, connected. One key is its carrier's, its operator's and its publisher's. */
export async function startService(broker: URL, dataFolder: string, key: JWK): Promise<ChildProcess> {
  const { d: _, ...open } = key;
  const service = spawn(process.execPath, [join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js"), "start"], {
    env: {
      PATH: process.env["PATH"],
      MATCHLIGHT_BROKER_URL: broker.href,
      MATCHLIGHT_DEVICE_ID: DEVICE,
      MATCHLIGHT_CARRIER_KEY: JSON.stringify(open),
      MATCHLIGHT_OPERATOR_KEY: JSON.stringify(open),
      MATCHLIGHT_PACK_KEY: JSON.stringify(open),
      MATCHLIGHT_CAMERA: `film:${media.path("franck.mp4")}`,
      MATCHLIGHT_DATA_DIR: dataFolder,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: service.stdout })) {
    if (line.includes('"pack_set_aside"')) throw new Error(line);
    if (!line.includes('"broker_connected"')) continue;
    service.stdout?.resume();
    return service;
  }
  throw new Error("the service ended before it was connected");
}

async function kill(service: ChildProcess): Promise<void> {
  service.kill("SIGKILL");
  if (service.exitCode === null && service.signalCode === null) await once(service, "exit");
}
