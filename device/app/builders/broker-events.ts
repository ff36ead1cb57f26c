import { atMost } from "../../../protocol/common/disposable-stack.ts";
import type { Identity } from "../../../protocol/messages/contract.ts";
import type { MqttClientEvents } from "../../../protocol/mqtt/client.ts";
import { BrokerError } from "../../../protocol/mqtt/connection.ts";
import type { Ledger } from "../../messaging/ledger.ts";
import { type Outbox, type OutboxEvents, openOutbox } from "../../messaging/outbox.ts";
import type { Clock } from "../../process/clock.ts";
import type { Log } from "../../process/log.ts";
import type { DeviceStatus } from "../../status/device-status.ts";
import type { StorageMonitor } from "../../status/storage-monitor.ts";
import { StoreError } from "../../storage/store.ts";
import type { Message } from "../../verification/request-handler.ts";
import type { Context } from "./context.ts";
import type { Messaging } from "./messaging.ts";
import type { StatusPart } from "./status.ts";

/** How later parts use a connection. */
interface ConnectionUse {
  readonly identity: () => Identity;
  /** Publishes the other messages of every new connection. */
  readonly greet: () => Promise<void>;
  readonly receive: (message: Message) => Promise<void>;
}

/** The outbox, and the handlers for a connection that is made, lost or denied something. */
export interface BrokerEvents {
  readonly outbox: Outbox;
  /** The reason why the broker is not reached, or the last denial. */
  trouble(): string | undefined;
  eventsFor(use: ConnectionUse): MqttClientEvents;
}

/** How long a stopping device waits for its last report to be acknowledged. After that the report waits on the disk. */
const LAST_REPORT_WITHIN_MS = 1_500;

export function openBrokerEvents(
  { publisher, ledger, bestEffort }: Messaging,
  { deviceStatus, storage }: Pick<StatusPart, "deviceStatus" | "storage">,
  clock: Clock,
  { log, opened }: Pick<Context, "log" | "opened">,
): BrokerEvents {
  let trouble: string | undefined;
  const denials = openDenials(
    deviceStatus,
    (reason) => {
      trouble = reason;
      log.error({ event: "broker_denied", reason });
    },
    log,
  );
  const outbox = openOutbox(ledger, publisher.report, outboxEvents(log, denials, storage));
  opened.onClose(() =>
    atMost(
      LAST_REPORT_WITHIN_MS,
      outbox.idle().then(() => outbox[Symbol.asyncDispose]()),
    ),
  );
  /** The identity is the first message on a new connection. A broker that denies it probably denies all messages. */
  const introduce = async (identity: ConnectionUse["identity"]) => {
    await publisher.identity(identity()).catch((error: unknown) => {
      if (error instanceof BrokerError && error.code === "denied") denials.add("introduce", error.message);
      throw error;
    });
    denials.remove("introduce");
  };
  const eventsFor: BrokerEvents["eventsFor"] = ({ identity, greet, receive }) => ({
    connected(protocol) {
      log.info({ event: "broker_connected", mqtt: protocol === 5 ? "5" : "3.1.1" });
      deviceStatus.clear("broker_unreachable");
      deviceStatus.update({ connected: true });
      bestEffort(introduce(identity));
      bestEffort(publisher.status(deviceStatus.status()));
      bestEffort(greet());
      bestEffort(giveUpOld(ledger, clock, log));
      outbox.connected();
    },
    lost(error) {
      trouble = error.message;
      log.warn({ event: "broker_unreachable", code: error.code, reason: error.message });
      deviceStatus.update({ connected: false });
      deviceStatus.raise("broker_unreachable");
    },
    denied: (error) => denials.add("hear", error.message),
    granted: () => denials.remove("hear"),
    message: (topic, payload, reply, retained) => receive({ topic, payload, reply, retained }),
  });
  return { outbox, trouble: () => trouble, eventsFor };
}

function outboxEvents(log: Log, denials: Denials, storage: Pick<StorageMonitor, "failed">): OutboxEvents {
  return {
    failed(error) {
      // The broker has the reports, and they are sent again, because the ledger cannot note it.
      if (error instanceof StoreError) storage.failed(error);
      else if (error instanceof BrokerError && error.code === "denied") denials.add("report", error.message);
      else log.info({ event: "reports_wait", reason: String(error) });
    },
    sent: () => denials.remove("report"),
  };
}

/** The denials by the broker's rules. The fault lasts until all of them are gone. */
interface Denials {
  add(what: Denied, reason: string): void;
  remove(what: Denied): void;
}

type Denied = "introduce" | "hear" | "report";

function openDenials(deviceStatus: DeviceStatus, newly: (reason: string) => void, log: Log): Denials {
  const denied = new Set<Denied>();
  return {
    add(what, reason) {
      if (!denied.has(what)) newly(reason);
      denied.add(what);
      deviceStatus.raise("broker_denied");
    },
    remove(what) {
      if (!denied.delete(what)) return;
      log.info({ event: "broker_allowed", what });
      if (denied.size === 0) deviceStatus.clear("broker_denied");
    },
  };
}

/** Half a year: nobody asks for the report of a sale that long ago, and it stays in the chain for an audit. */
const GIVEN_UP_AFTER_MS = 180 * 86_400_000;

/** Gives reports up only if a time service has set the clock: a wrong clock would give up new reports. */
async function giveUpOld(ledger: Ledger, clock: Clock, log: Log): Promise<void> {
  if (!clock.synchronised()) return;
  const old = await ledger.giveUp(clock.wallMs() - GIVEN_UP_AFTER_MS);
  if (old.length > 0) log.error({ event: "reports_given_up", seqs: old.map(({ seq }) => seq) });
}
