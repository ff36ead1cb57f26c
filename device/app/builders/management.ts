import { ModelError } from "../../../models/pack/errors.ts";
import { chooseThreshold } from "../../../models/pack/threshold.ts";
import type { KeySet } from "../../../protocol/encoding/tokens.ts";
import type { SwappableInference } from "../../inference/swappable-inference.ts";
import { type Management, openManagement } from "../../management/command-handler.ts";
import { type Configuration, type InForce, openConfiguration } from "../../management/overrides.ts";
import type { Outbox } from "../../messaging/outbox.ts";
import { packsFolder, readPointer, tidyPacks } from "../../packs/active-pack.ts";
import { openPacks } from "../../packs/installed-packs.ts";
import { requireRate } from "../../packs/thresholds.ts";
import { atMost } from "../../process/disposable-stack.ts";
import { packFolder } from "../../process/package-folder.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Service } from "../../verification/service.ts";
import type { Parts } from "../parts.ts";
import type { Context } from "./context.ts";
import type { Messaging } from "./messaging.ts";
import type { StatusPart } from "./status.ts";

/**
 * The configuration in force from the start: the light follows it at once, the rest is asked for when it is needed. Throws
 * DeviceFault `settings_refused` for a rate that the pack does not have, unless it stands in for one that was set aside:
 * then the operator can still send another.
 */
export async function configured(
  settings: InForce,
  { store, environment, chooseLight, pack }: Pick<Parts, "store" | "environment" | "chooseLight" | "pack">,
  swappable: SwappableInference,
): Promise<Configuration> {
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
  return openConfiguration(
    store,
    { environment, settings, supports },
    async ({ light }) => (await chooseLight(light))?.message,
  );
}

type ManagementSettings = Pick<Settings, "deviceId" | "dataFolder" | "modelPack" | "runtime">;

/** What managing the device needs of the other parts. */
interface ManagementNeeds {
  readonly messaging: Messaging;
  readonly status: StatusPart;
  readonly service: Service;
  readonly configuration: Configuration;
  readonly inference: SwappableInference;
  readonly outbox: Pick<Outbox, "sendAgain">;
  /** Who may ask for reports again. */
  readonly carrier: KeySet;
  readonly operator: KeySet | undefined;
  /** Whose model packs are taken. */
  readonly packKeys: KeySet | undefined;
}

/** What an operator asked for last is done, or nothing of it is: a stopping device need not wait for it. */
const COMMAND_WITHIN_MS = 1_000;

/** What the operator may do with the device, over its own parts. */
export async function openRemoteManagement(
  settings: ManagementSettings,
  parts: Pick<Parts, "store" | "environment" | "clock" | "pack">,
  { messaging, status, service, configuration, inference, outbox, carrier, operator, packKeys }: ManagementNeeds,
  { log, opened, late }: Context,
): Promise<Management> {
  const { store, environment, clock, pack } = parts;
  const { deviceStatus, clockIsSet } = status;
  const { publisher, ledger, bestEffort } = messaging;
  const folder = packsFolder(settings.dataFolder);
  for (const reason of pack.setAside) log.error({ event: "pack_set_aside", reason });
  if (pack.setAside.length > 0) deviceStatus.raise("pack_set_aside");
  const { active, previous = active } = readPointer(store);
  await tidyPacks(folder, [active, previous]).catch((reason) =>
    log.warn({ event: "packs_untidy", reason: String(reason) }),
  );
  const packs = openPacks({
    folder,
    store,
    environment,
    swappable: inference,
    running: pack.name,
    releaseFolder: packFolder(settings.modelPack),
    runtime: settings.runtime,
    between: service.between,
    begun: service.begun,
    publisher: packKeys,
    fmr: () => configuration.inForce().fmr,
    nowMs: clock.monotonicMs,
    replaced: async () => {
      deviceStatus.clear("pack_set_aside");
      log.info({ event: "pack_in_force", pack: inference.pack.id, hash: inference.pack.hash });
      await late.calls.packChanged();
    },
  });
  const management: Management = openManagement({
    reader: { device: settings.deviceId, operator, carrier, publisher: packKeys, clock, clockIsSet },
    store,
    configuration,
    packs,
    log,
    // Not waited for: the broker's acknowledgement may stand behind chunks that are not read yet.
    answer: async (claims) => bestEffort(publisher.commandAnswer(claims)),
    async resend(from, to, also) {
      await ledger.resendRange(from, to, also);
      outbox.sendAgain(from, to);
    },
    changed: () => bestEffort(management.reported().then(publisher.reported)),
  });
  opened.onClose(() => atMost(COMMAND_WITHIN_MS, management.idle()));
  return management;
}
