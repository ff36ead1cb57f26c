import { setTimeout as sleep } from "node:timers/promises";
import type { Colour, Light, Pattern } from "../../drivers/light/light.ts";
import type { Suite } from "./suite.ts";

/** A light under test, and what can be read of it. */
export interface LightUnderTest {
  readonly light: Light;
  /** What it shows now, read from its other side. */
  read(): Colour | "dark" | Promise<Colour | "dark">;
}

const STEADY: Pattern = { colour: "green", meaning: "steady", beats: [{ lit: true, forMs: 1_000 }] };
const DARK: Pattern = { colour: "white", meaning: "dark", beats: [{ lit: false, forMs: 1_000 }] };
const BLINK: Pattern = {
  colour: "green",
  meaning: "blink",
  beats: [
    { lit: true, forMs: 100 },
    { lit: false, forMs: 100 },
  ],
};

/** What a light of any kind is held to; the promises stand in drivers/light/light.ts. */
export async function holdLight(t: Suite, make: () => Promise<LightUnderTest>): Promise<void> {
  t.test("it is dark when made, shows what it is told, and is dark when disposed", async (t) => {
    const { light, read } = await make();
    t.equal(await read(), "dark");
    light.show(STEADY);
    t.equal(await read(), "green");
    light.show(DARK);
    t.equal(await read(), "dark");
    light.show(STEADY);
    await light[Symbol.asyncDispose]();
    t.equal(await read(), "dark");
  });

  t.test("a rhythm is kept: five beats a second, within a tenth", async (t) => {
    const { light, read } = await make();
    const shownAtMs = performance.now();
    light.show(BLINK);
    holdRhythm(t, await watchChanges(read, 20, shownAtMs));
    await light[Symbol.asyncDispose]();
  });

  t.test("showing what is already shown does not disturb the rhythm", async (t) => {
    const { light, read } = await make();
    const shownAtMs = performance.now();
    light.show(BLINK);
    const nagging = setInterval(() => light.show(BLINK), 40);
    holdRhythm(t, await watchChanges(read, 10, shownAtMs));
    clearInterval(nagging);
    await light[Symbol.asyncDispose]();
  });
}

const BEAT_MS = 100;
/** After a longer pause than this between two readings the process did not run. */
const ASLEEP_FROM_MS = 50;
const GIVE_UP_MS = 30_000;

/** How a light has changed. */
interface Rhythm {
  readonly changes: number;
  /** Since the pattern was shown. */
  readonly elapsedMs: number;
  /** The part of it in which the process ran. */
  readonly awakeMs: number;
  /** How often the process did not run. */
  readonly pauses: number;
}

/**
 * A beat is never too short. While the process runs, it is not too long either; in a pause of the process, which a busy machine
 * makes, a change may come late or not be seen.
 */
function holdRhythm(t: Suite, { changes, elapsedMs, awakeMs, pauses }: Rhythm): void {
  const dueMs = changes * BEAT_MS;
  const inTime = elapsedMs >= 0.9 * dueMs && awakeMs <= 1.1 * dueMs + pauses * BEAT_MS;
  const took = `${Math.round(elapsedMs)} ms, ${Math.round(awakeMs)} of them awake, with ${pauses} pauses`;
  t.ok(changes > 0 && inTime, `${changes} changes took ${took}`);
}

/** Watches a light until it has changed so often. */
async function watchChanges(read: LightUnderTest["read"], wanted: number, shownAtMs: number): Promise<Rhythm> {
  let [last, atMs] = [await read(), shownAtMs];
  let [changes, awakeMs, pauses] = [0, 0, 0];
  while (changes < wanted && atMs < shownAtMs + GIVE_UP_MS) {
    await sleep(5);
    const now = await read();
    const passedMs = performance.now() - atMs;
    if (passedMs < ASLEEP_FROM_MS) awakeMs += passedMs;
    else pauses++;
    if (now !== last) changes++;
    [last, atMs] = [now, atMs + passedMs];
  }
  return { changes, elapsedMs: atMs - shownAtMs, awakeMs, pauses };
}
