import { join } from "node:path";
import type { Camera } from "../drivers/camera.ts";
import type { LightEvents } from "../drivers/gpio-lamp.ts";
import type { Light } from "../drivers/light.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Opened } from "./closing.ts";
import { type DeviceKeys, loadKeys } from "./fleet/identity.ts";
import { lockFolder } from "./fleet/lock.ts";
import { openCamera, openLight } from "./hardware.ts";
import { type Inference, startInference } from "./inference.ts";
import { openStore, type Store } from "./link/store.ts";
import { type Settled, settlePack } from "./pack-trial.ts";
import { packFolder } from "./paths.ts";
import type { Settings } from "./settings.ts";

/** Everything the device is made of that touches the world; tests bring their own camera, light or clock. */
export interface Parts {
  readonly camera: Camera;
  readonly light: Light;
  readonly inference: Inference;
  /** How the pack was chosen, where the settings leave that to the device. */
  readonly settled: Settled | undefined;
  readonly keys: DeviceKeys;
  readonly store: Store;
  readonly clock: Clock;
}

/** Opens the real parts that the settings name; `own` replaces some. What was opened is closed by `opened`. */
export async function openParts(
  settings: Settings,
  opened: Opened,
  lightEvents: LightEvents,
  own: Partial<Parts> = {},
): Promise<Parts> {
  const light = own.light ?? opened.use(openLight(settings.light, lightEvents));
  if (!own.store) opened.use(await lockFolder(settings.dataFolder));
  const keys = own.keys ?? (await loadKeys(settings.dataFolder));
  const store = own.store ?? opened.use(await openStore(join(settings.dataFolder, "ledger")));
  const settled = own.inference ? undefined : await settlePack(settings);
  const folder = packFolder(settled?.choice.chosen ?? settings.modelPack);
  const inference = own.inference ?? opened.use(await startInference(folder, settings.runtime));
  const camera = own.camera ?? openCamera(settings.camera);
  return { camera, light, inference, settled, keys, store, clock: own.clock ?? systemClock };
}
