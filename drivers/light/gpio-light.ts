import { asDriverError, type DriverError } from "../errors.ts";
import { type Light, playOn } from "./light.ts";
import { lampsFor, type Wiring } from "./wiring.ts";

/** Events of a light: it cannot be set, and it can be set again. They alternate. */
export interface LightEvents {
  failed(error: DriverError): void;
  working(): void;
}

/** Requested lines. */
export interface Lines {
  /** Bit i lights lamp i. Throws if the hardware refuses. */
  set(bits: number): void;
  /** Turns all lamps off and releases the lines. Never throws. */
  close(): Promise<void>;
}

/** The wait before lines are requested again after a failure. */
const RETRY_MS = 2_000;

/**
 * A status light on GPIO lines. The lines are requested at once, or as soon as they exist, because a missing light must
 * not stop the device.
 */
export function gpioLight(name: string, wiring: Wiring, take: () => Lines, events: LightEvents): Light {
  let lines: Lines | undefined;
  let broken = false;
  let retryAtMs = 0;

  const fail = (error: unknown) => {
    void lines?.close();
    lines = undefined;
    retryAtMs = performance.now() + RETRY_MS;
    if (!broken) events.failed(asDriverError(error, "the light"));
    broken = true;
  };
  const set = (bits: number) => {
    if (!lines && performance.now() < retryAtMs) return;
    try {
      lines ??= take();
      lines.set(bits);
      if (broken) events.working();
      broken = false;
    } catch (error) {
      fail(error);
    }
  };
  set(0);
  return playOn(name, { set: (colour) => set(lampsFor(colour, wiring)) }, async () => {
    await lines?.close();
  });
}
