import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DriverError } from "../errors.ts";
import { gpioLight, type LightEvents, type Lines } from "./gpio-light.ts";
import type { Light } from "./light.ts";
import { guardLight } from "./light-guard.ts";
import { HEADER_LABELS, type Wiring } from "./wiring.ts";

/** A GPIO chip as sysfs lists it: its first line has the global number `base`. */
interface SysfsChip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

/** The used part of the package onoff. */
interface Onoff {
  readonly Gpio: new (line: number, direction: "high" | "low", options: { readonly activeLow: boolean }) => Gpio;
}

interface Gpio {
  writeSync(value: 0 | 1): void;
  unexport(): void;
}

const SYSFS = "/sys/class/gpio";

/** A status light on sysfs GPIO, through the package onoff: for kernels and containers without the character device. */
export function onoffLight(wiring: Wiring, events: LightEvents): Light {
  return gpioLight(`onoff ${wiring.chip}`, wiring, () => takeLines(wiring), events);
}

function takeLines(wiring: Wiring): Lines {
  const { Gpio } = loadOnoff();
  const chip = chooseSysfsChip(listSysfsChips(SYSFS), wiring.chip);
  const numbers = wiring.lamps.map(({ line }) => globalNumber(chip, line));
  const { activeLow } = wiring;
  // The direction is written as a level, independent of the polarity: a lamp with active-low wiring starts high.
  const lamps = numbers.map((number) => new Gpio(number, activeLow ? "high" : "low", { activeLow }));
  const guard = guardLight({ files: numbers.map((number) => join(SYSFS, `gpio${number}`, "value")), off: "0" });
  return {
    set(bits) {
      for (const [i, lamp] of lamps.entries()) lamp.writeSync(((bits >> i) & 1) as 0 | 1);
    },
    async close() {
      for (const lamp of lamps) giveBack(lamp);
      await guard.end();
    },
  };
}

function giveBack(lamp: Gpio): void {
  try {
    lamp.writeSync(0);
    lamp.unexport();
  } catch {
    // The hardware is gone. There is nothing to release.
  }
}

/** Its native part is built at install for one version of Node. It is loaded only when this light is used. */
function loadOnoff(): Onoff {
  try {
    return createRequire(import.meta.url)("onoff");
  } catch (cause) {
    const message =
      "the package onoff is not installed for this Node: run `npm rebuild epoll`, or use gpiochip: or auto";
    throw new DriverError("unsupported", message, { cause });
  }
}

/** The chips that sysfs lists. Empty if the kernel has no sysfs GPIO. */
export function listSysfsChips(sysfs = SYSFS): readonly SysfsChip[] {
  if (!existsSync(sysfs)) return [];
  const names = readdirSync(sysfs).filter((name) => /^gpiochip\d+$/.test(name));
  return names.map((name) => {
    const read = (file: string) => readFileSync(join(sysfs, name, file), "utf8").trim();
    return { label: read("label"), base: Number(read("base")), lines: Number(read("ngpio")) };
  });
}

/** Chooses the configured chip. Throws DriverError `gone` with the names of the chips that exist. Pure. */
export function chooseSysfsChip(chips: readonly SysfsChip[], wanted: string): SysfsChip {
  const labels = wanted === "auto" ? HEADER_LABELS : [wanted];
  const found = labels.flatMap((label) => chips.filter((chip) => chip.label === label))[0];
  if (found) return found;
  const there = chips.map(({ label }) => label).join(", ") || "none";
  throw new DriverError("gone", `sysfs lists no GPIO chip "${wanted}"; it lists: ${there}`);
}

/**
 * The kernel's global number of a line: chip base + offset. The base is 0 only on old kernels, 512 or more on others.
 * Throws DriverError `unsupported` for names, which sysfs does not know, and for lines that the chip does not have.
 * Pure.
 */
export function globalNumber({ label, base, lines }: SysfsChip, wanted: string): number {
  const offset = /^\d+$/.test(wanted) ? Number(wanted) : Number.NaN;
  if (offset < lines) return base + offset;
  throw new DriverError(
    "unsupported",
    `sysfs has no line ${wanted} on ${label}: give an offset from 0 to ${lines - 1}`,
  );
}
