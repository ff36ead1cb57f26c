import type { Writable } from "node:stream";
import { loadAddon } from "../../drivers/addon.ts";
import type { Camera } from "../../drivers/camera/camera.ts";
import { v4l2Camera } from "../../drivers/camera/v4l2-camera.ts";
import { commandCamera } from "../../drivers/command/command-camera.ts";
import { filmCamera } from "../../drivers/film/film-camera.ts";
import type { LightEvents } from "../../drivers/light/gpio-light.ts";
import { chooseChip, gpiochipLight, listChips } from "../../drivers/light/gpiochip-light.ts";
import type { Light } from "../../drivers/light/light.ts";
import { chooseSysfsChip, listSysfsChips, onoffLight } from "../../drivers/light/onoff-light.ts";
import { textLight } from "../../drivers/light/text-light.ts";
import type { Wiring } from "../../drivers/light/wiring.ts";
import type { CameraChoice, LightChoice } from "../settings/hardware-parsers.ts";

/** The camera that the settings name; it is not opened yet. Throws DriverError where the addon was not built. */
export function openCamera(choice: CameraChoice): Camera {
  switch (choice.kind) {
    case "command":
      return commandCamera(choice.command);
    case "film":
      return filmCamera(choice.path, choice.options);
    case "v4l2":
      return v4l2Camera(loadAddon(), choice.options);
  }
}

/** Where a text light writes. */
type Terminal = Writable & { readonly isTTY?: boolean };

/** The light that the settings name. A missing GPIO light calls `events.failed` and tries again. */
export function openLight(choice: LightChoice, events: LightEvents, out: Terminal = process.stdout): Light {
  switch (choice.kind) {
    case "text":
      return terminalLight(out);
    case "gpiochip":
      return gpiochipLight(loadAddon(), choice.wiring, events);
    case "onoff":
      return onoffLight(choice.wiring, events);
    case "auto":
      return bestLight(choice.wiring, events, out);
  }
}

/** The character device if it has the chip, else sysfs, else text. */
function bestLight(wiring: Wiring, events: LightEvents, out: Terminal): Light {
  if (finds(() => chooseChip(listChips(loadAddon()), wiring.chip))) {
    return gpiochipLight(loadAddon(), wiring, events);
  }
  return finds(() => chooseSysfsChip(listSysfsChips(), wiring.chip)) ? onoffLight(wiring, events) : terminalLight(out);
}

function finds(look: () => unknown): boolean {
  try {
    look();
    return true;
  } catch {
    // Absent, or without permission: the next kind is tried, and the chosen light reports its own failure.
    return false;
  }
}

function terminalLight(out: Terminal): Light {
  return textLight(out, out.isTTY ? "blink" : "tell");
}
