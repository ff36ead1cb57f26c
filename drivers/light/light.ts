export type Colour = "green" | "amber" | "red" | "white";

/** A part of a rhythm: lit or dark, and for how long. */
export interface Beat {
  readonly lit: boolean;
  readonly forMs: number;
}

/** What a light does from now on: a colour and a rhythm that repeats. One beat is a steady light, or darkness. */
export interface Pattern {
  readonly colour: Colour;
  readonly beats: readonly Beat[];
  /** What it tells people, for lights that can write: "looking at you". */
  readonly meaning: string;
}

/**
 * A status light.
 *
 * Promises: it is dark when made. `show` starts the pattern at its first beat at once; showing the pattern that is
 * already shown changes nothing, so a rhythm is not disturbed by a repeat. It never throws: a light that fails must not
 * stop a verification, it calls the `failed` it was made with, once until it works again. After disposal it is dark.
 */
export interface Light extends AsyncDisposable {
  readonly name: string;
  show(pattern: Pattern): void;
}

/** What a rhythm is played on: one lamp that takes a colour, or darkness. */
export interface Lamp {
  set(colour: Colour | "dark", pattern: Pattern): void;
}

/** Plays patterns on a lamp; every light of this product is this player over its own lamp. */
export function playOn(name: string, lamp: Lamp, close: () => Promise<void>): Light {
  let shown: Pattern | undefined;
  let timer: NodeJS.Timeout | undefined;

  const beat = (pattern: Pattern, index: number, dueMs: number): void => {
    const now = pattern.beats[index % pattern.beats.length];
    if (!now) return;
    lamp.set(now.lit ? pattern.colour : "dark", pattern);
    if (pattern.beats.length === 1) return;
    // Each beat is due a fixed time after the one before was due, so that late timers do not add up.
    const nextMs = Math.max(dueMs + now.forMs, performance.now());
    timer = setTimeout(() => beat(pattern, index + 1, nextMs), nextMs - performance.now());
  };

  return {
    name,
    show(pattern) {
      if (pattern === shown) return;
      shown = pattern;
      clearTimeout(timer);
      beat(pattern, 0, performance.now());
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      if (shown) lamp.set("dark", shown);
      await close();
    },
  };
}
