import type { Identity } from "../../protocol/contract.ts";
import type { BrokerEvents } from "../../protocol/mqtt/client.ts";
import { BrokerError } from "../../protocol/mqtt/connection.ts";
import type { Ledger } from "../messaging/ledger.ts";
import { type Outbox, type OutboxEvents, openOutbox } from "../messaging/outbox.ts";
import type { Wire } from "../messaging/publisher.ts";
import type { Clock } from "../process/clock.ts";
import type { Log } from "../process/log.ts";
import type { Front } from "../status/device-status.ts";
import type { Message } from "../verification/request-handler.ts";

export interface ConnectionParts {
  readonly front: Front;
  readonly wire: Wire;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly clock: Clock;
  readonly identity: () => Identity;
  /** What else is said on every new connection. */
  readonly greet: () => Promise<void>;
  /** Says something and forgets it: what is told now is told again when the connection is back. */
  readonly telling: (what: Promise<void>) => void;
}

/** The outbox, and what the device does as the connection comes, goes, or is not worth much. */
export interface Connection {
  readonly outbox: Outbox;
  events(receive: (message: Message) => void): BrokerEvents;
}

export function openConnection(parts: ConnectionParts): Connection {
  const { front, wire, ledger, log, identity, greet, telling } = parts;
  const denials = openDenials(front, log);
  const outbox = openOutbox(ledger, wire.report, outboxEvents(log, denials));
  /** The first thing said on a new connection; a broker that denies it denies most likely everything. */
  const introduce = async () => {
    await wire.identity(identity()).catch((error: unknown) => {
      if (error instanceof BrokerError && error.code === "denied") denials.add("introduce", error.message);
      throw error;
    });
    denials.remove("introduce");
  };
  const events: Connection["events"] = (receive) => ({
    connected(protocol) {
      log.info({ event: "broker_connected", mqtt: protocol === 5 ? "5" : "3.1.1" });
      front.clear("broker_unreachable");
      front.update({ connected: true });
      telling(introduce());
      telling(wire.status(front.status()));
      telling(greet());
      telling(giveUpOld(parts));
      outbox.wake();
    },
    lost(error) {
      log.warn({ event: "broker_unreachable", code: error.code, reason: error.message });
      front.update({ connected: false });
      front.raise("broker_unreachable");
    },
    denied: (error) => denials.add("hear", error.message),
    granted: () => denials.remove("hear"),
    message: (topic, payload, reply) => receive({ topic, payload, reply }),
  });
  return { outbox, events };
}

function outboxEvents(log: Log, denials: Denials): OutboxEvents {
  return {
    failed(error) {
      if (error instanceof BrokerError && error.code === "denied") denials.add("report", error.message);
      else log.info({ event: "reports_wait", reason: String(error) });
    },
    sent: () => denials.remove("report"),
  };
}

/** What the broker's rules do not allow; the fault stands as long as any of it does. */
interface Denials {
  add(what: Denied, reason: string): void;
  remove(what: Denied): void;
}

type Denied = "introduce" | "hear" | "report";

function openDenials(front: Front, log: Log): Denials {
  const denied = new Set<Denied>();
  return {
    add(what, reason) {
      if (!denied.has(what)) log.error({ event: "broker_denied", reason });
      denied.add(what);
      front.raise("broker_denied");
    },
    remove(what) {
      if (!denied.delete(what)) return;
      log.info({ event: "broker_allowed", what });
      if (denied.size === 0) front.clear("broker_denied");
    },
  };
}

/** Half a year: nobody asks for the report of a sale that long ago, and it stays in the chain for an audit. */
const GIVEN_UP_AFTER_MS = 180 * 86_400_000;

/** Age is judged only by a clock that a time service vouches for: a wrong one would throw away what is young. */
async function giveUpOld({ ledger, clock, log }: ConnectionParts): Promise<void> {
  if (!clock.synchronised()) return;
  const old = await ledger.giveUp(clock.wallMs() - GIVEN_UP_AFTER_MS);
  if (old.length > 0) log.error({ event: "reports_given_up", seqs: old.map(({ seq }) => seq) });
}
