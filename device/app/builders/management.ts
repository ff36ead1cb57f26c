import { ModelError } from "../../../models/pack/errors.ts";
import { chooseThreshold } from "../../../models/pack/threshold.ts";
import { atMost } from "../../../protocol/common/disposable-stack.ts";
import type { KeySet } from "../../../protocol/encoding/tokens.ts";
import { CommandRefusal } from "../../../protocol/readers/command-reader.ts";
import { DeviceFault } from "../../faults.ts";
import type { SwappableInference } from "../../inference/swappable-inference.ts";
import { type Management, openManagement } from "../../management/command-handler.ts";
import { monitorChange } from "../../management/settings/change-monitor.ts";
import { type Configuration, openConfiguration } from "../../management/settings/configuration.ts";
import type { Outbox } from "../../messaging/outbox.ts";
import { loadTls } from "../../messaging/tls.ts";
import { requireRate } from "../../packs/thresholds.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Service } from "../../verification/service.ts";
import type { Parts } from "../parts.ts";
import type { Context } from "./context.ts";
import { diagnose } from "./diagnose.ts";
import { openManagedPacks } from "./managed-packs.ts";
import type { Messaging } from "./messaging.ts";
import type { StatusPart } from "./status.ts";

/**
 * The configuration of the device. `settings` are the values without any command. The light follows changes at once, the rest
 * is asked for when it is needed. Throws DeviceFault `settings_refused` for a rate that the pack does not have, unless the pack
 * stands in for one that was set aside: then the operator can still send another.
 */
export async function configured(
  settings: Settings,
  parts: Pick<Parts, "store" | "environment" | "chooseLight" | "pack" | "clock">,
  swappable: SwappableInference,
): Promise<Configuration> {
  const { store, environment, clock, pack } = parts;
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
  return openConfiguration({
    store,
    clock,
    given: { environment, settings, supports },
    changed: async ({ light }) => (await parts.chooseLight(light))?.message,
    check: requireTogether,
  });
}

/** Settings that are right one by one and do not go together would keep the device from starting. */
async function requireTogether(settings: Settings): Promise<void> {
  await loadTls(settings).catch((error: unknown) => {
    throw error instanceof DeviceFault ? new CommandRefusal("invalid_value", error.message) : error;
  });
}

type ManagementSettings = Pick<Settings, "deviceId" | "dataFolder" | "modelPack" | "runtime" | "undoAfterMs">;

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
  /** Why the broker is not reached now. */
  readonly trouble: () => string | undefined;
}

/** The answer to a change is sent before the connection ends. Without a connection, nothing waits for it. */
const SAID_WITHIN_MS = 2_000;
/** What an operator asked for last is done, or nothing of it is: a stopping device need not wait for it. */
const COMMAND_WITHIN_MS = 1_000;

/** What the operator may do with the device, over its own parts. */
export async function openRemoteManagement(
  settings: ManagementSettings,
  parts: Pick<Parts, "store" | "environment" | "clock" | "pack" | "keys" | "examine">,
  {
    messaging,
    status,
    service,
    configuration,
    inference,
    outbox,
    carrier,
    operator,
    packKeys,
    trouble,
  }: ManagementNeeds,
  context: Context,
): Promise<Management> {
  const { log, opened, reopen } = context;
  const { store, clock } = parts;
  const { deviceStatus, clockIsSet } = status;
  const { publisher, ledger, bestEffort } = messaging;
  const packs = await openManagedPacks(
    settings,
    parts,
    { status, service, configuration, inference, packKeys },
    context,
  );
  let changes = false;
  const report = () => {
    const said = management.reported().then(publisher.reported);
    bestEffort(said);
    const sent = said.catch(() => undefined);
    if (changes) bestEffort(atMost(SAID_WITHIN_MS, sent).then(reopenBetween));
  };
  const reopenBetween = () => service.between(async () => reopen());
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
    diagnose: (jti, to) => diagnose(settings, parts, context, jti, to),
    changed: report,
    reopen() {
      changes = true;
    },
  });
  opened.use(
    monitorChange({
      store,
      clock,
      log,
      boundMs: settings.undoAfterMs,
      connected: () => isReached(deviceStatus),
      trouble,
      ended(how) {
        changes ||= how === "undone";
        report();
      },
    }),
  );
  opened.onClose(() => atMost(COMMAND_WITHIN_MS, management.idle()));
  return management;
}

/** Connected, and the broker denies nothing. */
function isReached(deviceStatus: StatusPart["deviceStatus"]): boolean {
  const { connected, faults } = deviceStatus.view();
  return connected === true && !faults.includes("broker_denied");
}
