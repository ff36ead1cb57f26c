import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LEGEND } from "../../rollout/picture.ts";
import { letCustomersCome, type Served } from "../customers.ts";
import { followFleet } from "../operator-commands.ts";
import { type WorsePack, worsePack } from "../pack.ts";
import type { Stage } from "../stage.ts";
import { promise, type Steps } from "../steps.ts";
import { eachOf, seconds } from "./enrolment.ts";

/** The harm of a worse pack until it was found and taken back. */
export interface RolledBack {
  /** Right persons with no match or no result: until the gateway's verdict, and until the roll-back. */
  readonly untilJudged: number;
  readonly untilBack: number;
  /** The time from activation to the verdict, and to the roll-back. */
  readonly judgedMs: number;
  readonly backMs: number;
}

/** The first share of the fleet: one camera of up to twenty. */
const FIRST_PERCENT = 5;
/** The verifications of a stage. The first look is at a quarter of them. */
const LEAST = 16;
/** The earlier customers of each camera: enough to make four failures of four significant (Fisher's exact test). */
const BEFORE = 10;
const BEFORE_WITHIN_MS = 150_000;

/**
 * Rolls out a worse pack while customers come. The gateway must halt the rollout at the first camera, and the operator's command
 * must take the pack back. No customer comes to the `busy` cameras meanwhile.
 */
export async function playRollout(
  stage: Stage,
  steps: Steps,
  devices: readonly string[],
  busy: { readonly devices: readonly string[]; readonly over: Promise<void> },
): Promise<RolledBack | undefined> {
  await using customers = letCustomersCome(stage);
  customers.comeTo(devices.filter((device) => !busy.devices.includes(device)));
  let pack: WorsePack | undefined;
  await steps.step("worse pack made and signed", "publisher", async () => {
    pack = await worsePack(stage);
    return `${pack.hash.slice(0, 8)}: ${pack.mistake}`;
  });
  await busy.over;
  customers.comeTo(busy.devices);
  const had = await packsOf(stage, devices);
  if (!pack || !(await steps.step("customers before the rollout", "all", () => come(stage, devices)))) return undefined;
  const seen = await rollOut(stage, steps, pack, devices.length);
  await steps.step("worse pack taken back", "all", () => areAsBefore(stage, had));
  await sleep(AFTERWARDS_MS);
  await customers[Symbol.asyncDispose]();
  const cost = seen && costOf(seen, stage.served);
  await steps.step("told no by the worse pack", cost?.devices.join(", ") ?? "all", async () => inWords(cost));
  await eachOf(devices, 2, async (device) => {
    await steps.step("worse pack taken back: verify", device, () => stage.verify(device));
  });
  return cost;
}

/** Customers continue for this time, to show that no right person is rejected any more. */
const AFTERWARDS_MS = 4_000;

async function packsOf(stage: Stage, devices: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const hashOf = async (device: string) => (await (await stage.counter(device)).operator.reported()).packs.active.hash;
  return new Map(await Promise.all(devices.map(async (device) => [device, await hashOf(device)] as const)));
}

async function areAsBefore(stage: Stage, had: ReadonlyMap<string, string>): Promise<string> {
  const has = await packsOf(stage, [...had.keys()]);
  const wrong = [...had].filter(([device, hash]) => has.get(device) !== hash);
  promise(wrong.length === 0, `${wrong.map(([device]) => device).join(", ")} still have another`);
  return `all ${had.size} have the pack that they had`;
}

/**
 * Waits until each camera has had enough customers in the compared time. In a large fleet on a slow machine, this takes too long:
 * the first camera is then compared with the others.
 */
async function come({ served }: Stage, devices: readonly string[]): Promise<string> {
  const sinceMs = performance.now();
  const comparedMs = stageMs(devices.length) - TO_SEND_MS;
  const compared = () => served.filter(({ atMs }) => atMs > performance.now() - comparedMs);
  const count = (device: string) => compared().filter((one) => one.device === device).length;
  while (devices.some((device) => count(device) < BEFORE) && performance.now() - sinceMs < BEFORE_WITHIN_MS)
    await sleep(100);
  const others = compared().filter(({ ended }) => ended !== "match");
  promise(others.length === 0, others.map(({ device, ended }) => `${device}: ${ended}`).join("; "));
  const fewest = Math.min(...devices.map(count));
  return `${compared().length} customers at ${devices.length} cameras, ${fewest} or more each, all matched`;
}

/** The times of the events, in their required order. */
interface Watched {
  /** Only the cameras of the first stage. */
  readonly devices: readonly string[];
  readonly inForceMs: number;
  readonly haltedMs: number;
  readonly backMs: number;
}

async function rollOut(stage: Stage, steps: Steps, { at }: WorsePack, cameras: number): Promise<Watched | undefined> {
  const inForce: { readonly device: string; readonly atMs: number }[] = [];
  let [haltedMs, backMs] = [0, 0];
  const worse: string[] = [];
  const line = (text: string) => {
    const [, device] = /^(\S+): done/.exec(text) ?? [];
    if (device) inForce.push({ device, atMs: performance.now() });
    if (text.includes("halted, ")) haltedMs ||= performance.now();
    if (text.startsWith("worse: ")) worse.push(text);
    if (text === "The change is taken back.") backMs = performance.now();
    if (text !== LEGEND || inForce.length === 0) steps.progress(text);
  };
  let watched: Watched | undefined;
  await steps.step("worse pack halted by itself", "gateway", async () => {
    const plan = [
      "--shares",
      `${FIRST_PERCENT},100`,
      "--hours",
      String(stageMs(cameras) / 3_600_000),
      "--least",
      String(LEAST),
    ];
    const ran = await followFleet(line, "rollout", "start", "--pack", at, "--roll-back", ...plan, ...reach(stage));
    promise(ran.code === 1 && haltedMs > 0 && backMs > 0, `exit code ${ran.code}: ${ran.printed}`);
    const [first] = inForce;
    const most = Math.ceil((cameras * FIRST_PERCENT) / 100);
    promise(first !== undefined && inForce.length <= most, `${inForce.length} of ${cameras} cameras had it`);
    watched = first && { devices: inForce.map(({ device }) => device), inForceMs: first.atMs, haltedMs, backMs };
    return worse.join("; ");
  });
  return watched;
}

/** The duration of a stage. The first look is after a quarter of it, and the compared time before is as long. */
function stageMs(cameras: number): number {
  return Math.max(180, cameras * 30) * 1_000;
}

/** The part of that duration that passes before the camera has the pack. */
const TO_SEND_MS = 40_000;

function reach({ broker: { carriers }, fleet, gateway }: Stage): readonly string[] {
  const at = (name: string) => join(carriers.authority, name);
  const tls = ["--ca", at("ca.crt"), "--cert", at("operator.crt"), "--cert-key", at("operator.key")];
  const operator = ["--key", fleet.operatorKey, "--register", fleet.register, "--every", "1"];
  const judge = ["--gateway", gateway.url.href, "--token", gateway.tokenFile];
  return ["--broker", carriers.url.href, ...tls, ...operator, ...judge];
}

interface Cost extends RolledBack {
  readonly devices: readonly string[];
  /** Right persons without a match at other cameras, or after the roll-back. */
  readonly elsewhere: readonly Served[];
}

function costOf({ devices, inForceMs, haltedMs, backMs }: Watched, served: readonly Served[]): Cost {
  const wrong = served.filter(({ ended }) => ended !== "match");
  const here = wrong.filter((one) => devices.includes(one.device) && one.atMs <= backMs + IN_FLIGHT_MS);
  return {
    devices,
    untilJudged: here.filter(({ atMs }) => atMs <= haltedMs).length,
    untilBack: here.filter(({ atMs }) => atMs > haltedMs).length,
    judgedMs: haltedMs - inForceMs,
    backMs: backMs - inForceMs,
    elsewhere: wrong.filter((one) => !here.includes(one)),
  };
}

/** A person who is in front of the camera at the roll-back still gets the result of the old pack. */
const IN_FLIGHT_MS = 1_000;

async function inWords(cost: Cost | undefined): Promise<string> {
  if (!cost) throw new Error("it was not rolled back");
  const { untilJudged, untilBack, judgedMs, backMs, elsewhere } = cost;
  promise(elsewhere.length === 0, elsewhere.map(({ device, ended }) => `${device}: ${ended}`).join("; "));
  promise(untilJudged > 0 && untilJudged < LEAST, `${untilJudged} customers until it was judged`);
  return `${untilJudged} customers until it was judged, ${seconds(judgedMs)} after it was in force; ${untilBack} more until it was back, after ${seconds(backMs)}`;
}
