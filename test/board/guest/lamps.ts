import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Colour } from "../../../drivers/light/light.ts";
import type { Wiring } from "../../../drivers/light/wiring.ts";

/** The board's GPIO chip; its line 3 is the power button. */
export const CHIP = "9030000.pl061";

export const WIRING: Wiring = {
  chip: CHIP,
  lamps: [
    { lamp: "red", line: "0" },
    { lamp: "green", line: "1" },
    { lamp: "blue", line: "2" },
  ],
  activeLow: false,
};

/** The levels of the chip's lines, as the kernel's debug file tells them: a line nobody holds is not there. */
export function readLevels(): ReadonlyMap<number, boolean> {
  const text = readFileSync("/sys/kernel/debug/gpio", "utf8");
  const base = Number(/gpiochip\d+: GPIOs (\d+)-/.exec(text)?.[1]);
  const lines = [...text.matchAll(/^ gpio-(\d+) .*\) out (hi|lo)/gm)];
  return new Map(lines.map(([, number, level]) => [Number(number) - base, level === "hi"]));
}

/** The first global number of the chip: 504 on Linux 6.1, 512 on 6.12. */
export function gpioBase(): number {
  return Number(/gpiochip\d+: GPIOs (\d+)-/.exec(readFileSync("/sys/kernel/debug/gpio", "utf8"))?.[1]);
}

const COLOURS: Readonly<Record<string, Colour | "dark">> = {
  "": "dark",
  red: "red",
  green: "green",
  "red green": "amber",
  "red green blue": "white",
};

/** What a person would see. */
export function readColour({ activeLow, lamps }: Wiring = WIRING): Colour | "dark" {
  const levels = readLevels();
  const lit = lamps.filter(({ line }) => (levels.get(Number(line)) ?? activeLow) !== activeLow);
  const name = lit.map(({ lamp }) => lamp).join(" ");
  const colour = COLOURS[name];
  if (colour === undefined) throw new Error(`no colour is made of ${name}`);
  return colour;
}

/** Records the changes of the light in order. */
export interface LightRecorder {
  /** The colours since the last call. */
  seen(): readonly (Colour | "dark")[];
  /** The colours since the last call, as soon as the light is `colour`, or after five seconds. */
  seenUntil(colour: Colour): Promise<readonly (Colour | "dark")[]>;
  stop(): void;
}

const SAMPLE_MS = 60;
const SEEN_WITHIN_MS = 5_000;

export function recordLight(): LightRecorder {
  let shown: (Colour | "dark")[] = [];
  const timer = setInterval(() => {
    const now = readColour();
    if (now !== shown.at(-1)) shown.push(now);
  }, SAMPLE_MS);
  const seen = () => {
    const all = shown;
    shown = shown.slice(-1);
    return all;
  };
  return {
    seen,
    async seenUntil(colour) {
      const late = performance.now() + SEEN_WITHIN_MS;
      while (shown.at(-1) !== colour && performance.now() < late) await sleep(SAMPLE_MS);
      return seen();
    },
    stop: () => clearInterval(timer),
  };
}
