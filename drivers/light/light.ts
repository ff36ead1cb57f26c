export type Colour = "green" | "amber" | "red" | "white";

/** A part of a rhythm: lit or dark, and its duration. */
export interface Beat {
  readonly lit: boolean;
  readonly forMs: number;
}

/** A colour and a rhythm that repeats. One beat is a steady light, or darkness. */
export interface Pattern {
  readonly colour: Colour;
  readonly beats: readonly Beat[];
  /** The meaning in words, for lights that print: "looking at you". */
  readonly meaning: string;
}

/**
 * A status light. Promises: it is dark at the start. `show` starts the pattern at its first beat. To show the current
 * pattern again changes nothing. `show` never throws, because a failed light must not stop a verification: the light
 * calls `failed` once until it works again. After disposal it is dark.
 */
export interface Light extends AsyncDisposable {
  readonly name: string;
  show(pattern: Pattern): void;
}

/** A lamp that takes a colour, or darkness. */
interface Lamp {
  set(colour: Colour | "dark", pattern: Pattern): void;
}

/** Plays patterns on a lamp. Each light of this product uses this player. */
export function playOn(name: string, lamp: Lamp, close: () => Promise<void>): Light {
  let shown: Pattern | undefined;
  let timer: NodeJS.Timeout | undefined;

  const beat = (pattern: Pattern, index: number, dueMs: number): void => {
    const now = pattern.beats[index % pattern.beats.length];
    if (!now) return;
    lamp.set(now.lit ? pattern.colour : "dark", pattern);
    if (pattern.beats.length === 1) return;
    // Each beat is due a fixed time after the last one was due, so that delays of timers do not add up.
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
