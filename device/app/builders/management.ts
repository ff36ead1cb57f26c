import { atMost } from "../../../protocol/common/disposable-stack.ts";
import type { ReportedClaims } from "../../../protocol/messages/command-contract.ts";
import type { SwappableInference } from "../../inference/swappable-inference.ts";
import { type Management, openManagement } from "../../management/command-handler.ts";
import { monitorChange } from "../../management/settings/change-monitor.ts";
import type { Configuration } from "../../management/settings/configuration.ts";
import type { Packs } from "../../packs/installed-packs.ts";
import type { Settings } from "../../settings/settings.ts";
import type { TrustedKeys } from "../../settings/trusted-keys.ts";
import type { DeviceStatus } from "../../status/device-status.ts";
import type { Service } from "../../verification/service.ts";
import type { Parts } from "../parts.ts";
import type { Connection } from "./connection.ts";
import type { Context } from "./context.ts";
import { diagnose } from "./diagnose.ts";
import { openManagedPacks } from "./managed-packs.ts";

type ManagementSettings = Pick<Settings, "deviceId" | "dataFolder" | "modelPack" | "runtime" | "undoAfterMs">;
type ManagementParts = Pick<Parts, "store" | "environment" | "clock" | "pack" | "keys" | "examine">;

/** The other parts that remote management needs. */
interface ManagementNeeds {
  readonly connection: Connection;
  readonly service: Service;
  readonly configuration: Configuration;
  readonly inference: SwappableInference;
  readonly keys: TrustedKeys;
}

/** How long a stopping device waits for the command that it carries out. A command takes effect wholly or not at all. */
const COMMAND_WITHIN_MS = 1_000;

/** Carries out the operator's commands, and confirms or undoes a pending change of settings. */
export async function openRemoteManagement(
  settings: ManagementSettings,
  parts: ManagementParts,
  needs: ManagementNeeds,
  context: Context,
): Promise<Management> {
  const packs = await openManagedPacks(settings, parts, needs, context);
  const reporter: Reporter = openReporter(() => management.reported(), needs, context);
  const management: Management = openCommands(settings, parts, needs, { packs, reporter }, context);
  context.opened.use(followChange(settings, parts, needs.connection, reporter, context));
  context.opened.onClose(() => atMost(COMMAND_WITHIN_MS, management.idle()));
  return management;
}

function openCommands(
  settings: ManagementSettings,
  parts: ManagementParts,
  { connection, configuration, keys }: ManagementNeeds,
  { packs, reporter }: { readonly packs: Packs; readonly reporter: Reporter },
  context: Context,
): Management {
  const { store, clock } = parts;
  const { publisher, ledger, bestEffort } = connection.messaging;
  const { clockIsSet } = connection.status;
  const { carrier, operator, publisher: packKeys } = keys;
  return openManagement({
    reader: { device: settings.deviceId, operator, carrier, publisher: packKeys, clock, clockIsSet },
    store,
    configuration,
    packs,
    log: context.log,
    // Not waited for: the broker's acknowledgement can come after chunks that are not read yet.
    answer: async (claims) => bestEffort(publisher.commandAnswer(claims)),
    async resend(from, to, also) {
      await ledger.resendRange(from, to, also);
      connection.broker.outbox.sendAgain(from, to);
    },
    diagnose: (jti, to) => diagnose(settings, parts, context, jti, to),
    changed: reporter.publish,
    reopen: reporter.reopenAfterNext,
  });
}

function followChange(
  { undoAfterMs }: Pick<Settings, "undoAfterMs">,
  { store, clock }: Pick<Parts, "store" | "clock">,
  { status, broker }: Connection,
  reporter: Reporter,
  { log }: Context,
): AsyncDisposable {
  return monitorChange({
    store,
    clock,
    log,
    boundMs: undoAfterMs,
    connected: () => isReached(status.deviceStatus),
    trouble: broker.trouble,
    ended(how) {
      if (how === "undone") reporter.reopenAfterNext();
      reporter.publish();
    },
  });
}

/** Publishes what is in force. */
interface Reporter {
  publish(): void;
  /** The device is opened again after the next report: other settings are in force. */
  reopenAfterNext(): void;
}

/** How long opening the device again waits for the report. Without a connection, nothing waits for it. */
const REPORT_WITHIN_MS = 2_000;

function openReporter(
  reported: () => Promise<ReportedClaims>,
  { connection, service }: ManagementNeeds,
  { reopen }: Context,
): Reporter {
  const { publisher, bestEffort } = connection.messaging;
  let reopens = false;
  const reopenBetween = () => service.between(async () => reopen());
  return {
    publish() {
      const published = reported().then(publisher.reported);
      bestEffort(published);
      const ended = published.catch(() => undefined);
      if (reopens) bestEffort(atMost(REPORT_WITHIN_MS, ended).then(reopenBetween));
    },
    reopenAfterNext() {
      reopens = true;
    },
  };
}

/** Connected, and the broker denies nothing. */
function isReached(deviceStatus: DeviceStatus): boolean {
  const { connected, faults } = deviceStatus.view();
  return connected === true && !faults.includes("broker_denied");
}
