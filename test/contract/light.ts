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
    light.show(BLINK);
    const changes = await countChanges(read, 2_000);
    await light[Symbol.asyncDispose]();
    t.ok(changes >= 17 && changes <= 21, `${changes} changes in two seconds`);
  });

  t.test("showing what is already shown does not disturb the rhythm", async (t) => {
    const { light, read } = await make();
    light.show(BLINK);
    const nagging = setInterval(() => light.show(BLINK), 40);
    const changes = await countChanges(read, 1_000);
    clearInterval(nagging);
    await light[Symbol.asyncDispose]();
    t.ok(changes >= 8 && changes <= 11, `${changes} changes in a second`);
  });
}

/** After a longer pause than this the process did not run: half of the shortest beat. */
const ASLEEP_FROM_MS = 50;
const GIVE_UP_MS = 60_000;

/**
 * Counts the changes of a light until this process has been awake for some time. On a busy machine the process sometimes does
 * not run for longer than a beat. Neither this time nor the change in it is counted.
 */
async function countChanges(read: LightUnderTest["read"], awakeForMs: number): Promise<number> {
  let [last, atMs] = [await read(), performance.now()];
  const lateMs = atMs + GIVE_UP_MS;
  let [changes, awakeMs] = [0, 0];
  while (awakeMs < awakeForMs && atMs < lateMs) {
    await sleep(5);
    const now = await read();
    const passedMs = performance.now() - atMs;
    if (passedMs < ASLEEP_FROM_MS) {
      awakeMs += passedMs;
      if (now !== last) changes++;
    }
    [last, atMs] = [now, atMs + passedMs];
  }
  return changes;
}
