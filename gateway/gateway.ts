import { join } from "node:path";
import { prepareCommand } from "../carrier/operator/commands.ts";
import { type Asker, readKey } from "../carrier/request.ts";
import { openWhole, type Resources } from "../protocol/common/disposable-stack.ts";
import { COMMAND_LIMITS } from "../protocol/messages/command-contract.ts";
import { type Progress, topicsOf } from "../protocol/messages/contract.ts";
import type { Missing } from "./archive/gaps.ts";
import type { Database } from "./database/database.ts";
import { openEmbedded } from "./database/embedded.ts";
import { migrate } from "./database/migrate.ts";
import { keepPartitions, makePartitions } from "./database/partitions.ts";
import { openPostgres } from "./database/server.ts";
import { openAccess } from "./http/access.ts";
import { openRateLimit } from "./http/rate-limit.ts";
import { aimRoutes } from "./http/routes/aim.ts";
import { cameraRoutes } from "./http/routes/cameras.ts";
import { fleetRoutes } from "./http/routes/fleet.ts";
import { answers, operationRoutes } from "./http/routes/operations.ts";
import { pageRoutes, type Sample } from "./http/routes/pages.ts";
import { rolloutRoutes } from "./http/routes/rollouts.ts";
import { verificationRoutes } from "./http/routes/verifications.ts";
import { webhookRoutes } from "./http/routes/webhooks.ts";
import { type HttpEvents, openHttpServer } from "./http/server.ts";
import { type BrokerLink, openBrokerLink } from "./ingest/broker-link.ts";
import { openGapCloser } from "./ingest/gap-closer.ts";
import { openIngest } from "./ingest/ingest.ts";
import { openReceipts } from "./ingest/receipts.ts";
import { startBroker } from "./process/embedded-broker.ts";
import type { Log } from "./process/log.ts";
import { type Metrics, openMetrics } from "./process/metrics.ts";
import { fleetTotals } from "./register/fleet-totals.ts";
import { openKnownKeys } from "./register/known-keys.ts";
import { loadCarrierKey, loadTls, loadTokenIssuer } from "./settings/keys.ts";
import type { Settings } from "./settings/settings.ts";
import { openAsking } from "./verifications/ask.ts";
import { type Ended, openEndings } from "./verifications/endings.ts";
import { type AimNews, openFeed } from "./verifications/feed.ts";
import { loadEndpoints } from "./webhooks/endpoints.ts";
import { openWebhooks, type WebhookEvents, type Webhooks } from "./webhooks/webhooks.ts";

/** A running gateway. After disposal it accepts nothing more; stored work continues at the next start. */
export interface Gateway extends AsyncDisposable {
  readonly url: URL;
  readonly brokerUrl: URL;
}

/**
 * Opens all parts in order and serves. Throws SettingsRefused, DevelopmentDatabase, or what database, broker and port throw.
 * @param samples photos that the counter's page offers for a first try
 */
export async function openGateway(settings: Settings, log: Log, samples: readonly Sample[] = []): Promise<Gateway> {
  return openWhole((opened) => assemble(settings, log, samples, opened));
}

async function assemble(
  settings: Settings,
  log: Log,
  samples: readonly Sample[],
  opened: Resources,
): Promise<Pick<Gateway, "url" | "brokerUrl">> {
  const { topics, enrolment, name, share } = settings;
  const asker = { issuer: settings.issuer, key: await readKey(await loadCarrierKey(settings)) };
  const access = openAccess(await loadTokenIssuer(settings));
  const tls = await loadTls(settings);
  const database = opened.use(await openDatabase(settings, log));
  const metrics = openMetrics(fleetTotals(database));
  await migrate(database);
  await makePartitions(database);
  opened.use(keepPartitions(database, (error) => log.error({ event: "partitions_failed", err: error })));
  const brokerUrl = await openBroker(settings, opened);

  const keys = openKnownKeys(database);
  const feed = openFeed<Progress>();
  const aims = openFeed<AimNews>();
  const endings = opened.use(openEndings(database, (error) => log.warn({ event: "database_failed", err: error })));
  const webhooks = opened.use(await openEndpointWebhooks(settings, database, metrics, log));
  const ended = (which: Ended) => {
    endings.ended(which);
    webhooks.look();
  };
  const link = openBrokerLink({ url: brokerUrl, also: settings.brokerAlso, tls, name, topics, share });
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
  const asking = openAsking({ database, publish: link.publish, asker, topics, receipts: settings.receipts === "on" });
  const described = [
    ...verificationRoutes({ database, asking, endings, feed }),
    ...aimRoutes({ database, asking, aims }),
    ...cameraRoutes(database),
    ...webhookRoutes(database),
    ...fleetRoutes(database),
    ...rolloutRoutes(database),
  ];
  const ready = async () => ({ broker: ingest.isConnected(), database: await answers(database) });
  const server = await openHttpServer({
    host: settings.host,
    port: settings.port,
    routes: [...described, ...operationRoutes(metrics, ready, described), ...(await pageRoutes(samples))],
    access,
    rateLimit: openRateLimit(settings.rate),
    events: httpEvents(metrics, log),
  });
  opened.use(server);
  return { url: server.url, brokerUrl };
}

function httpEvents(metrics: Metrics, log: Log): HttpEvents {
  return {
    answered: (route, status, tookMs) => metrics.http.observe({ route, status: String(status) }, tookMs / 1000),
    failed: (route, error) => log.error({ event: "http_failed", route, err: error }),
  };
}

async function openEndpointWebhooks(
  settings: Settings,
  database: Database,
  metrics: Metrics,
  log: Log,
): Promise<Webhooks> {
  return openWebhooks({
    database,
    endpoints: await loadEndpoints(settings.webhooks),
    tries: settings.webhookTries,
    answerSeconds: settings.webhookSeconds,
    events: webhookEvents(metrics, log),
  });
}

function webhookEvents(metrics: Metrics, log: Log): WebhookEvents {
  return {
    sent(endpoint, why) {
      metrics.webhooks.inc({ endpoint, outcome: why === undefined ? "sent" : "failed" });
      if (why !== undefined) log.warn({ event: "webhook_failed", endpoint, reason: why });
    },
    elsewhere: (endpoints) => log.warn({ event: "webhooks_elsewhere", endpoints }),
    forgotten: ({ endpoints, events }) => log.warn({ event: "webhooks_dropped", endpoints, events }),
    dead: (count) => metrics.deadLetters.set(count),
    failed: (error) => log.warn({ event: "database_failed", err: error }),
  };
}

/** Asks a camera to send reports again. The carrier's key signs the command. */
function resendCommand(publish: BrokerLink["publish"], { key, issuer }: Asker, topics: string) {
  return async ({ device: name, from, to }: Missing) => {
    const { token } = await prepareCommand({ key, issuer, name }, { type: "report_resend", from, to });
    await publish({ topic: topicsOf(topics, name).command, payload: token, qos: 1, retain: false });
  };
}

async function openDatabase({ database, dataFolder }: Settings, log: Log): Promise<Database> {
  if (database === "embedded") return openEmbedded(join(dataFolder, "database"));
  return openPostgres(database, (error) => log.warn({ event: "database_lost", reason: error.message }));
}

async function openBroker({ broker, brokerPort }: Settings, opened: Resources): Promise<URL> {
  return broker === "embedded" ? opened.use(await startBroker(brokerPort)).url : broker;
}
