import { DriverError } from "../../drivers/errors.ts";
import type { LightEvents } from "../../drivers/light/gpio-light.ts";
import type { Light, Pattern } from "../../drivers/light/light.ts";
import { openSerialiser } from "../../protocol/common/serialiser.ts";
import type { LightChoice } from "../settings/hardware-parsers.ts";

/**
 * A light that can be replaced while it shows a pattern, for example after wrong wiring. If the old light failed and
 * the new one does not, the fault ends.
 */
interface SwappableLight extends Light {
  /** Replaces the light and keeps the pattern. The same choice changes nothing. Gives why the new light cannot be set. */
  choose(choice: LightChoice): Promise<DriverError | undefined>;
}

export function swappableLight(
  first: LightChoice,
  open: (choice: LightChoice, events: LightEvents) => Light,
  events: LightEvents,
): SwappableLight {
  let broken: DriverError | undefined;
  const ownEvents: LightEvents = {
    failed(error) {
      broken = error;
      events.failed(error);
    },
    working() {
      broken = undefined;
      events.working();
    },
  };
  let choice = JSON.stringify(first);
  let current = open(first, ownEvents);
  let shown: Pattern | undefined;
  const inTurn = openSerialiser();

  /** The old lines are released first, because the new light may use the same ones. */
  const change = async (next: LightChoice) => {
    if (JSON.stringify(next) === choice) return undefined;
    choice = JSON.stringify(next);
    const before = current;
    current = DARK;
    await before[Symbol.asyncDispose]();
    const wasBroken = broken;
    broken = undefined;
    current = opened(next);
    if (shown) current.show(shown);
    if (wasBroken && !broken) events.working();
    return broken;
  };
  const opened = (next: LightChoice): Light => {
    try {
      return open(next, ownEvents);
    } catch (error) {
      ownEvents.failed(error instanceof DriverError ? error : new DriverError("failed", String(error)));
      return DARK;
    }
  };
  return {
    get name() {
      return current.name;
    },
    show(pattern) {
      shown = pattern;
      current.show(pattern);
    },
    choose: (next) => inTurn(() => change(next)),
    [Symbol.asyncDispose]: () => inTurn(async () => current[Symbol.asyncDispose]()),
  };
}

/** A placeholder for a light that cannot be opened. */
const DARK: Light = { name: "none", show: () => undefined, [Symbol.asyncDispose]: async () => undefined };
