import { join } from "node:path";
import type { Camera } from "../../drivers/camera/camera.ts";
import type { DriverError } from "../../drivers/errors.ts";
import type { LightEvents } from "../../drivers/light/gpio-light.ts";
import type { Light } from "../../drivers/light/light.ts";
import type { Inference } from "../inference/inference.ts";
import { lockFolder } from "../management/data-folder-lock.ts";
import { type DeviceKeys, loadKeys } from "../management/device-keys.ts";
import { type ChainNote, NO_NOTE, openChainNote } from "../messaging/chain-note.ts";
import { RELEASE, type Started, startChosen } from "../packs/active-pack.ts";
import { type Clock, systemClock } from "../process/clock.ts";
import type { Resources } from "../process/disposable-stack.ts";
import type { Environment } from "../settings/environment.ts";
import type { LightChoice } from "../settings/hardware-parsers.ts";
import type { Settings } from "../settings/settings.ts";
import { swappableLight } from "../status/swappable-light.ts";
import { openStore, type Store } from "../storage/store.ts";
import { openCamera, openLight } from "./hardware.ts";

/** Everything the device is made of that touches the world; tests bring their own camera, light or clock. */
export interface Parts {
  readonly camera: Camera;
  readonly light: Light;
  /** Another light from now on. Gives why it cannot be set. */
  readonly chooseLight: (choice: LightChoice) => Promise<DriverError | undefined>;
  readonly inference: Inference;
  readonly keys: DeviceKeys;
  readonly store: Store;
  readonly chainNote: ChainNote;
  readonly clock: Clock;
  /** What the settings were read from: what it sets, no command changes. */
  readonly environment: Environment;
  /** Which pack the inference holds, and those that could not be used. */
  readonly pack: Pick<Started, "name" | "setAside">;
}

/** Opens the real parts that the settings name; `own` replaces some. What was opened is closed by `opened`. */
export async function openParts(
  settings: Settings,
  opened: Resources,
  lightEvents: LightEvents,
  own: Partial<Parts> = {},
): Promise<Parts> {
  const { light, chooseLight } = own.light ? fixed(own.light) : changing(settings, opened, lightEvents);
  if (!own.store) opened.use(await lockFolder(settings.dataFolder));
  const keys = own.keys ?? (await loadKeys(settings.dataFolder));
  const store = own.store ?? opened.use(await openStore(join(settings.dataFolder, "ledger")));
  const chainNote = own.store ? NO_NOTE : await openChainNote(settings.dataFolder);
  const environment = own.environment ?? {};
  const chosen = own.inference ? asItIs(own.inference) : await startChosen(settings, environment, store);
  const inference = own.inference ?? opened.use(chosen.inference);
  const camera = own.camera ?? openCamera(settings.camera);
  const clock = own.clock ?? systemClock;
  return { camera, light, chooseLight, inference, keys, store, chainNote, clock, environment, pack: chosen };
}

function asItIs(inference: Inference): Started {
  return { inference, name: RELEASE, setAside: [] };
}

function fixed(light: Light): Pick<Parts, "light" | "chooseLight"> {
  return { light, chooseLight: async () => undefined };
}

function changing(
  settings: Pick<Settings, "light">,
  opened: Resources,
  events: LightEvents,
): Pick<Parts, "light" | "chooseLight"> {
  const light = opened.use(swappableLight(settings.light, openLight, events));
  return { light, chooseLight: light.choose };
}
