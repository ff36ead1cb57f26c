import { asDriverError, type DriverError } from "../errors.ts";
import { type Light, playOn } from "./light.ts";
import { lampsFor, type Wiring } from "./wiring.ts";

/** What a light tells its owner: that it cannot be set, and that it can again. Each once, until the other follows. */
export interface LightEvents {
  failed(error: DriverError): void;
  working(): void;
}

/** Lines that were taken and can be set. */
export interface Lines {
  /** Bit i lights the i-th lamp. Throws when the hardware refuses. */
  set(bits: number): void;
  /** Resolves when everything is off and given back. Never throws. */
  close(): Promise<void>;
}

/** After a failure the lines are tried again at the earliest after this long. */
const RETRY_MS = 2_000;

/**
 * A status light on GPIO lines, however they are reached. The lines are taken at once, or as soon as they are there: a
 * light that is missing must not keep a device from working.
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
