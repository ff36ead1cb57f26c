import { setTimeout as sleep } from "node:timers/promises";
import { loadAddon } from "../../drivers/addon.ts";
import type { DriverError } from "../../drivers/errors.ts";
import { listChips } from "../../drivers/light/gpiochip-light.ts";
import type { Colour, Light } from "../../drivers/light/light.ts";
import { listSysfsChips } from "../../drivers/light/onoff-light.ts";
import { openLight } from "../app/hardware.ts";
import type { LightChoice } from "../settings/hardware-parsers.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const COLOURS: readonly Colour[] = ["white", "green", "amber", "red"];
const SHOW_FOR_MS = 700;

/** The GPIO chips of this machine, by the character device and by sysfs. */
export function listGpio(): Finding {
  try {
    const chips = listChips(loadAddon()).map(
      ({ node, description: { label, lines } }) => `${label} (${node}, ${lines.length} lines)`,
    );
    const sysfs = listSysfsChips().map(({ label, base }) => `${label} (sysfs base ${base})`);
    if (chips.length + sysfs.length > 0) return ok("GPIO", [...chips, ...sysfs].join(", "));
  } catch (error) {
    return warn("GPIO", (error as Error).message, "Give the service's user the group gpio.");
  }
  return warn(
    "GPIO",
    "this machine has no GPIO chip",
    "A light needs one; a Raspberry Pi always has one. On other machines use MATCHLIGHT_LIGHT=text.",
  );
}

/** Shows every colour for a moment, so that a person can check them. */
export async function tryLight(choice: LightChoice): Promise<Finding> {
  let failure: DriverError | undefined;
  const events = {
    failed(error: DriverError) {
      failure = error;
    },
    working: () => undefined,
  };
  await using light: Light = openLight(choice, events, process.stderr);
  for (const colour of COLOURS) {
    light.show({ colour, meaning: `test: ${colour}`, beats: [{ lit: true, forMs: SHOW_FOR_MS }] });
    await sleep(SHOW_FOR_MS);
  }
  if (failure) return fail("light", failure.message, "Check the wiring and MATCHLIGHT_LIGHT.");
  return ok("light", `${light.name} showed ${COLOURS.join(", ")}; if you did not see that, check the wiring`);
}
