import { closeSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Addon, ChipDescription } from "../addon.ts";
import { DriverError } from "../errors.ts";
import { gpioLight, type LightEvents, type Lines } from "./gpio-light.ts";
import type { Light } from "./light.ts";
import { guardLight } from "./light-guard.ts";
import { HEADER_LABELS, type Wiring } from "./wiring.ts";

/** A GPIO chip of this machine. */
export interface Chip {
  readonly node: string;
  readonly description: ChipDescription;
}

/** A status light on lines of a GPIO character device (Linux 5.10 and newer). */
export function gpiochipLight(addon: Addon, wiring: Wiring, events: LightEvents, dev = "/dev"): Light {
  return gpioLight(`gpiochip ${wiring.chip}`, wiring, () => takeLines(addon, wiring, dev), events);
}

function takeLines(addon: Addon, wiring: Wiring, dev: string): Lines {
  const chip = chooseChip(listChips(addon, dev), wiring.chip);
  const offsets = wiring.lamps.map(({ line }) => findLine(chip, line));
  const lines = addon.requestLines(chip.node, offsets, wiring.activeLow);
  const guard = guardLight({ lines, count: offsets.length });
  return {
    set: (bits) => addon.setLines(lines, offsets.length, bits),
    async close() {
      try {
        addon.setLines(lines, offsets.length, 0);
      } catch {
        // The hardware is gone. There is nothing to turn off.
      }
      closeSync(lines);
      await guard.end();
    },
  };
}

/** Describes all chips. A chip without permission is left out, unless no chip has permission. */
export function listChips(addon: Addon, dev = "/dev"): readonly Chip[] {
  if (!existsSync(dev)) return [];
  const names = readdirSync(dev).filter((name) => /^gpiochip\d+$/.test(name));
  const chips: Chip[] = [];
  let refused: unknown;
  for (const name of names.sort(new Intl.Collator("en", { numeric: true }).compare)) {
    try {
      chips.push({ node: join(dev, name), description: addon.describeChip(join(dev, name)) });
    } catch (error) {
      refused = error;
    }
  }
  if (chips.length === 0 && refused !== undefined) throw refused;
  return chips;
}

/** Chooses the configured chip. Throws DriverError `gone` with the names of the chips that exist. Pure. */
export function chooseChip(chips: readonly Chip[], wanted: string): Chip {
  const labels = wanted === "auto" ? HEADER_LABELS : [wanted];
  for (const label of labels) {
    const found = chips.find(({ node, description }) => description.label === label || node === label);
    if (found) return found;
  }
  const there = chips.map(({ node, description }) => `${description.label} (${node})`).join(", ") || "none";
  const requested = wanted === "auto" ? "of a Raspberry Pi's header" : `"${wanted}"`;
  throw new DriverError("gone", `there is no GPIO chip ${requested}; there is: ${there}. Name one in MATCHLIGHT_LIGHT`);
}

/** The offset of a line, from its number or its name. Throws DriverError. Pure. */
export function findLine({ node, description }: Chip, wanted: string): number {
  const { lines, label } = description;
  const found = lines.find(({ name, offset }) => name === wanted || String(offset) === wanted);
  if (!found) {
    throw new DriverError("unsupported", `${label} (${node}) has no line ${wanted}; it has 0 to ${lines.length - 1}`, {
      node,
    });
  }
  if (found.consumer !== "") {
    throw new DriverError("busy", `line ${wanted} of ${label} is used by ${found.consumer}: choose another`, { node });
  }
  return found.offset;
}
