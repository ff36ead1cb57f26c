import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { openPostgres } from "../../gateway/database/server.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { startMosquitto } from "../support/broker.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { startPostgres } from "../support/postgres.ts";
import { startReceiver } from "../support/receiver.ts";
import { signingDevice } from "../support/signing-device.ts";

const REPORTS = 12;

const broker = await startMosquitto();
const postgres = broker && (await startPostgres());
if (!broker || !postgres) {
  t.pass("mosquitto or PostgreSQL is not installed");
  process.exit();
}
t.teardown(() => broker[Symbol.asyncDispose]());
t.teardown(() => postgres[Symbol.asyncDispose]());

t.test("a gateway that is killed while it tells a receiver loses no event", async (t) => {
  const secret = `whsec_${randomBytes(24).toString("base64")}`;
  await using receiver = await startReceiver(secret);
  const endpoints = JSON.stringify([{ name: "crm", url: receiver.url, secrets: [secret] }]);
  const folder = t.testdir({ "webhooks.json": endpoints });
  const environment = {
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DATABASE_URL: postgres.url.href,
    MATCHLIGHT_GATEWAY_DATA: folder,
    MATCHLIGHT_GATEWAY_WEBHOOKS: join(folder, "webhooks.json"),
    MATCHLIGHT_GATEWAY_WEBHOOK_SECONDS: "1",
  };
  const first = await startGatewayProcess(environment);
  t.teardown(first.kill);
  const taken = new Promise<void>((resolve) => receiver.answer(() => resolve()));

  const camera = await signingDevice("counter-1");
  const topics = topicsOf(DEFAULT_TOPICS, "counter-1");
  await using client = openMqttClient({ url: broker.url, clientId: "counter-1", subscribe: [] });
  await new Promise<void>((resolve) =>
    client.start({ connected: () => resolve(), lost: () => undefined, message: () => undefined }),
  );
  await client.publish({ topic: topics.identity, payload: JSON.stringify(camera.identity), qos: 1, retain: true });
  let prev: string | null = null;
  for (let seq = 1; seq <= REPORTS; seq++) {
    const payload: string = await camera.report({ seq, prev, jti: `request-${seq}` });
    prev = digest(payload);
    await client.publish({ topic: topics.report, payload, qos: 1, retain: false });
  }
  await taken;
  // Some events are on their way, some wait; the receiver has acknowledged none.
  await first.kill();

  receiver.answer(undefined);
  const second = await startGatewayProcess(environment);
  t.teardown(second.kill);
  // What reads its log goes away; the gateway still has something to say when it stops.
  second.child.stdout?.destroy();
  await receiver.untilReceived(REPORTS);
  const told = new Set(receiver.received.map(({ data }) => data["id"]));
  t.equal(told.size, REPORTS, "every report is told of");
  t.equal(receiver.forged(), 0);
  const page = await (await fetch(new URL("/metrics", second.url))).text();
  t.match(page, /webhooks_total\{endpoint="crm",outcome="sent"\} \d+/);
  t.match(page, /gateway_webhooks_dead 0/);

  await using database = openPostgres(postgres.url, () => undefined);
  for (let tries = 0; tries < 50; tries++) {
    if ((await database.query("select 1 from webhook_outbox")).length === 0) break;
    await sleep(50);
  }
  t.same(await database.query("select 1 from webhook_outbox"), []);
  second.child.kill("SIGTERM");
  t.same(await once(second.child, "exit"), [0, null], "it stops in order");
});
