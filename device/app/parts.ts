import { join } from "node:path";
import type { Camera } from "../../drivers/camera/camera.ts";
import type { DriverError } from "../../drivers/errors.ts";
import type { LightEvents } from "../../drivers/light/gpio-light.ts";
import type { Light } from "../../drivers/light/light.ts";
import type { Resources } from "../../protocol/common/disposable-stack.ts";
import { DeviceFault } from "../faults.ts";
import type { Inference } from "../inference/inference.ts";
import { lockFolder } from "../management/data-folder-lock.ts";
import { type DeviceKeys, loadKeys } from "../management/device-keys.ts";
import type { Findings } from "../management/diagnostics.ts";
import { judgeChange } from "../management/settings/change-monitor.ts";
import { settle } from "../management/settings/overrides.ts";
import { readChanges, textsInForce } from "../management/settings/pending-change.ts";
import { type ChainNote, NO_NOTE, openChainNote } from "../messaging/chain-note.ts";
import { RELEASE, type Started, startChosen } from "../packs/active-pack.ts";
import { type Clock, systemClock } from "../process/clock.ts";
import type { Log } from "../process/log.ts";
import type { Environment } from "../settings/environment.ts";
import type { LightChoice } from "../settings/hardware-parsers.ts";
import type { Settings } from "../settings/settings.ts";
import { swappableLight } from "../status/swappable-light.ts";
import { openStore, type Store } from "../storage/store.ts";
import { openCamera, openLight } from "./hardware.ts";

/** The parts of the device with outside effects. Tests replace some of them. */
export interface Parts {
  readonly camera: Camera;
  readonly light: Light;
  /** Replaces the light. Returns the error if the new light cannot be set. */
  readonly chooseLight: (choice: LightChoice) => Promise<DriverError | undefined>;
  readonly inference: Inference;
  readonly keys: DeviceKeys;
  readonly store: Store;
  readonly chainNote: ChainNote;
  readonly clock: Clock;
  /** The environment that the settings were read from. A command cannot change a variable that it sets. */
  readonly environment: Environment;
  /** The pack of the inference, and the packs that could not be used. */
  readonly pack: Pick<Started, "name" | "setAside">;
  /** The doctor's checks that are possible while the device serves. */
  readonly examine: (environment: Environment) => Promise<Findings>;
}

/**
 * The settings in force: the given ones, replaced by those that commands have set. A pending change whose time is over is
 * undone before. Throws DeviceFault `storage_failed`.
 */
async function settingsInForce(
  settings: Settings,
  { store, clock, environment }: Pick<Parts, "store" | "clock" | "environment">,
  log: Log,
): Promise<Settings> {
  const parts = { store, clock, boundMs: settings.undoAfterMs, log };
  await judgeChange(parts, { reached: false }).catch((cause: unknown) => {
    throw new DeviceFault("storage_failed", "A change of settings cannot be undone.", { cause });
  });
  return settle(textsInForce(readChanges(store)), { environment, settings });
}

/** Opens the parts that the settings name, except those in `own`. `opened` closes them. */
export async function openParts(
  settings: Settings,
  opened: Resources,
  lightEvents: LightEvents,
  own: Partial<Parts>,
  log: Log,
): Promise<{ readonly parts: Parts; readonly inForce: Settings }> {
  const { light, chooseLight } = own.light ? fixed(own.light) : changing(settings, opened, lightEvents);
  if (!own.store) opened.use(await lockFolder(settings.dataFolder));
  const keys = own.keys ?? (await loadKeys(settings.dataFolder));
  const store = own.store ?? opened.use(await openStore(join(settings.dataFolder, "ledger")));
  const chainNote = own.store ? NO_NOTE : await openChainNote(settings.dataFolder);
  const environment = own.environment ?? {};
  const clock = own.clock ?? systemClock;
  const inForce = await settingsInForce(settings, { store, clock, environment }, log);
  const chosen = own.inference ? asItIs(own.inference) : await startChosen(settings, environment, store);
  const inference = own.inference ?? opened.use(chosen.inference);
  const camera = own.camera ?? openCamera(inForce.camera);
  const { examine = async () => [] } = own;
  const parts = {
    camera,
    light,
    chooseLight,
    inference,
    keys,
    store,
    chainNote,
    clock,
    environment,
    pack: chosen,
    examine,
  };
  return { parts, inForce };
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
