import { readKey } from "../carrier/request.ts";
import { openWhole, type Resources } from "../protocol/common/disposable-stack.ts";
import { openReadyDatabase } from "./database/ready.ts";
import { openAccess } from "./http/access.ts";
import { openRateLimit } from "./http/rate-limit.ts";
import type { Route } from "./http/route.ts";
import { aimRoutes } from "./http/routes/aim.ts";
import { cameraRoutes } from "./http/routes/cameras.ts";
import { fleetRoutes } from "./http/routes/fleet.ts";
import { answers, operationRoutes } from "./http/routes/operations.ts";
import { pageRoutes, type Sample } from "./http/routes/pages.ts";
import { rolloutRoutes } from "./http/routes/rollouts.ts";
import { verificationRoutes } from "./http/routes/verifications.ts";
import { webhookRoutes } from "./http/routes/webhooks.ts";
import { type HttpEvents, openHttpServer } from "./http/server.ts";
import { type Messaging, openMessaging } from "./ingest/messaging.ts";
import { startBroker } from "./process/embedded-broker.ts";
import type { Log } from "./process/log.ts";
import { type Metrics, openMetrics } from "./process/metrics.ts";
import type { Parts } from "./process/parts.ts";
import { fleetTotals } from "./register/fleet-totals.ts";
import { loadCarrierKey, loadTls, loadTokenIssuer } from "./settings/keys.ts";
import type { Settings } from "./settings/settings.ts";
import { openAsking } from "./verifications/ask.ts";
import { type Ended, type Endings, openEndings } from "./verifications/endings.ts";
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
  const asker = { issuer: settings.issuer, key: await readKey(await loadCarrierKey(settings)) };
  const access = openAccess(await loadTokenIssuer(settings));
  const tls = await loadTls(settings);
  const database = await openReadyDatabase(settings, log, opened);
  const metrics = openMetrics(fleetTotals(database));
  const brokerUrl = await openBroker(settings, opened);
  const parts: Parts = { settings, asker, database, metrics, log };

  const endings = opened.use(openEndings(database, (error) => log.warn({ event: "database_failed", err: error })));
  const webhooks = opened.use(await openEndpointWebhooks(parts));
  const ended = (which: Ended) => {
    endings.ended(which);
    webhooks.look();
  };
  const messaging = openMessaging(parts, { url: brokerUrl, tls, ended }, opened);
  const routes = await describeRoutes(parts, { ...messaging, endings }, samples);
  const { host, port, rate } = settings;
  const server = await openHttpServer({
    host,
    port,
    routes,
    access,
    rateLimit: openRateLimit(rate),
    events: httpEvents(metrics, log),
  });
  opened.use(server);
  return { url: server.url, brokerUrl };
}

async function describeRoutes(
  { settings, asker, database, metrics }: Parts,
  { publish, isConnected, feed, aims, endings }: Messaging & { readonly endings: Endings },
  samples: readonly Sample[],
): Promise<readonly Route[]> {
  const receipts = settings.receipts === "on";
  const asking = openAsking({ database, publish, asker, topics: settings.topics, receipts });
  const described = [
    ...verificationRoutes({ database, asking, endings, feed }),
    ...aimRoutes({ database, asking, aims }),
    ...cameraRoutes(database),
    ...webhookRoutes(database),
    ...fleetRoutes(database),
    ...rolloutRoutes(database),
  ];
  const ready = async () => ({ broker: isConnected(), database: await answers(database) });
  return [...described, ...operationRoutes(metrics, ready, described), ...(await pageRoutes(samples))];
}

function httpEvents(metrics: Metrics, log: Log): HttpEvents {
  return {
    answered: (route, status, tookMs) => metrics.http.observe({ route, status: String(status) }, tookMs / 1000),
    failed: (route, error) => log.error({ event: "http_failed", route, err: error }),
  };
}

async function openEndpointWebhooks({ settings, database, metrics, log }: Parts): Promise<Webhooks> {
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

async function openBroker({ broker, brokerPort }: Settings, opened: Resources): Promise<URL> {
  return broker === "embedded" ? opened.use(await startBroker(brokerPort)).url : broker;
}
