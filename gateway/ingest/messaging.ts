import { prepareCommand } from "../../carrier/operator/commands.ts";
import type { Asker } from "../../carrier/request.ts";
import type { Resources } from "../../protocol/common/disposable-stack.ts";
import { COMMAND_LIMITS } from "../../protocol/messages/command-contract.ts";
import { topicsOf } from "../../protocol/messages/contract.ts";
import type { Tls } from "../../protocol/mqtt/socket.ts";
import type { Missing } from "../archive/gaps.ts";
import type { Parts } from "../process/parts.ts";
import { openKnownKeys } from "../register/known-keys.ts";
import type { Ended } from "../verifications/endings.ts";
import { type AimFeed, openFeed, type ProgressFeed } from "../verifications/feed.ts";
import { type BrokerLink, openBrokerLink } from "./broker-link.ts";
import { openGapCloser } from "./gap-closer.ts";
import { openIngest } from "./ingest.ts";
import { openReceipts } from "./receipts.ts";

interface MessagingNeeds {
  readonly url: URL;
  readonly tls: Tls | undefined;
  readonly ended: (which: Ended) => void;
}

/** What the routes use of the messaging with cameras. */
export interface Messaging {
  readonly publish: BrokerLink["publish"];
  readonly isConnected: () => boolean;
  readonly feed: ProgressFeed;
  readonly aims: AimFeed;
}

/** Connects to the broker, archives what cameras send, confirms it, and asks for reports that are missing. */
export function openMessaging(parts: Parts, { url, tls, ended }: MessagingNeeds, opened: Resources): Messaging {
  const { settings, asker, database, metrics, log } = parts;
  const { topics, enrolment, name, share, brokerAlso } = settings;
  const feed: ProgressFeed = openFeed();
  const aims: AimFeed = openFeed();
  const keys = openKnownKeys(database);
  const link = openBrokerLink({ url, also: brokerAlso, tls, name, topics, share });
  const confirm = openReceipts({ publish: link.publish, asker, topics, metrics, log });
  const ingest = opened.use(openIngest({ database, keys, feed, aims, ended, enrolment, confirm, metrics, log }));
  opened.use(link).start(ingest);
  const closer = openGapCloser({
    database,
    mostReports: COMMAND_LIMITS.resendReports,
    found: ingest.found,
    failed: (error) => log.warn({ event: "gap_not_asked_for", err: error }),
    ask: resendCommand(link.publish, asker, topics),
  });
  opened.use(closer);
  return { publish: link.publish, isConnected: () => ingest.isConnected(), feed, aims };
}

/** Asks a camera to send reports again. The carrier's key signs the command. */
function resendCommand(publish: BrokerLink["publish"], { key, issuer }: Asker, topics: string) {
  return async ({ device: name, from, to }: Missing) => {
    const { token } = await prepareCommand({ key, issuer, name }, { type: "report_resend", from, to });
    await publish({ topic: topicsOf(topics, name).command, payload: token, qos: 1, retain: false });
  };
}
