import { ModelError } from "../../models/pack/errors.ts";
import { chooseThreshold } from "../../models/pack/threshold.ts";
import type { CommandReader } from "../../protocol/command-reader.ts";
import type { SwappableInference } from "../inference/swappable-inference.ts";
import { type Management, openManagement } from "../management/command-handler.ts";
import { type Configuration, openConfiguration } from "../management/overrides.ts";
import type { Publisher } from "../messaging/publisher.ts";
import { packsFolder, readPointer, tidyPacks } from "../packs/active-pack.ts";
import { openPacks } from "../packs/installed-packs.ts";
import { requireRate } from "../packs/thresholds.ts";
import type { Log } from "../process/log.ts";
import { packFolder } from "../process/package-folder.ts";
import type { Settings } from "../settings/settings.ts";
import type { DeviceStatus } from "../status/device-status.ts";
import type { Service } from "../verification/service.ts";
import type { Parts } from "./parts.ts";

/**
 * The configuration in force from the start: the light follows it at once, the rest is asked for when it is needed. Throws
 * DeviceFault `settings_refused` for a rate that the pack does not have, unless it stands in for one that was set aside:
 * then the operator can still send another.
 */
export async function configured(
  settings: Settings,
  parts: Parts,
  swappable: SwappableInference,
): Promise<Configuration> {
  const { store, environment, chooseLight, pack } = parts;
  if (pack.setAside.length === 0) requireRate(swappable.pack, settings.fmr);
  const supports = (fmr: number) => {
    try {
      chooseThreshold(swappable.pack.thresholds, fmr);
      return true;
    } catch (error) {
      if (error instanceof ModelError) return false;
      throw error;
    }
  };
  return openConfiguration(store, { environment, settings, supports }, ({ light }) => chooseLight(light));
}

export interface RemoteManagementParts {
  readonly settings: Settings;
  readonly parts: Parts;
  readonly swappable: SwappableInference;
  readonly configuration: Configuration;
  readonly service: Service;
  readonly reader: CommandReader;
  readonly publisher: Publisher;
  readonly deviceStatus: DeviceStatus;
  readonly log: Log;
  readonly bestEffort: (what: Promise<void>) => void;
  /** Another pack is in force: the identity says so. */
  readonly exchanged: () => Promise<void>;
}

/** What the operator may do with the device, over its own parts. */
export async function openRemoteManagement(operation: RemoteManagementParts): Promise<Management> {
  const { settings, parts, swappable, configuration, service, reader, publisher, deviceStatus, log, bestEffort } =
    operation;
  const { store, environment, clock, pack } = parts;
  const folder = packsFolder(settings.dataFolder);
  for (const reason of pack.setAside) log.error({ event: "pack_set_aside", reason });
  if (pack.setAside.length > 0) deviceStatus.raise("pack_set_aside");
  const { active, previous = active } = readPointer(store);
  await tidyPacks(folder, [active, previous]).catch((reason) =>
    log.warn({ event: "packs_untidy", reason: String(reason) }),
  );
  const packs = openPacks({
    ...{ folder, store, environment, swappable, running: pack.name },
    releaseFolder: packFolder(pack.settled?.choice.chosen ?? settings.modelPack),
    runtime: settings.runtime,
    between: service.between,
    begun: service.begun,
    fmr: () => configuration.inForce().fmr,
    nowMs: clock.monotonicMs,
    exchanged: async () => {
      deviceStatus.clear("pack_set_aside");
      log.info({ event: "pack_in_force", pack: swappable.pack.id, hash: swappable.pack.hash });
      await operation.exchanged();
    },
  });
  const management: Management = openManagement({
    ...{ reader, store, configuration, packs, log },
    answer: publisher.commandAnswer,
    changed: () => bestEffort(management.reported().then(publisher.reported)),
  });
  return management;
}
