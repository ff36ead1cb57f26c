import { join } from "node:path";
import t from "tap";
import { openCarrier } from "../../carrier/client.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { type MqttClient, openMqttClient } from "../../protocol/mqtt/client.ts";
import { startMosquitto } from "../support/broker.ts";
import { askWith, decided } from "../support/stage.ts";
import { openSynthetic } from "../support/synthetic-device.ts";
import { until } from "../support/until.ts";

const NAME = "counter-7";
const REQUESTS = `matchlight/v1/${NAME}/request`;
const photo = Buffer.from([0xff, 0xd8, 0xff]);
const key = await generatePrivateJwk("signing");
const broker = await startMosquitto(undefined, "max_queued_messages 10000\n");
const skip = broker ? false : "mosquitto is not installed";
t.teardown(() => broker?.[Symbol.asyncDispose]());

/** A client that is connected, and what it hears. */
async function connected(brokerUrl: URL, clientId: string, subscribe: readonly string[] = []) {
  const client = openMqttClient({ url: brokerUrl, clientId, subscribe });
  const state = { connected: false, heard: 0 };
  client.start({
    connected() {
      state.connected = true;
    },
    lost: () => undefined,
    message: () => void state.heard++,
  });
  await until(() => state.connected);
  return { client, state };
}

async function flood({ publish }: MqttClient, topic: string): Promise<void> {
  for (let sent = 0; sent < 1_000; sent += 50) {
    const some = Array.from({ length: 50 }, (_, i) => `junk-${sent + i}`);
    await Promise.all(some.map((payload) => publish({ topic, payload, qos: 1, retain: false })));
  }
}

t.test("1,000 junk messages hold the request behind them up by less than 5 s", { skip }, async (t) => {
  const brokerUrl = broker?.url as URL;
  const dataFolder = join(t.testdir({}), "data");
  const { device, log } = await openSynthetic({ brokerUrl, name: NAME, carrier: key, dataFolder });
  t.teardown(() => device[Symbol.asyncDispose]());
  await using carrier = await openCarrier({ brokerUrl, device: NAME, key });
  await carrier.identity();
  const { client: stranger } = await connected(brokerUrl, "stranger");
  t.teardown(() => stranger[Symbol.asyncDispose]());
  const { client: echo, state } = await connected(brokerUrl, "echo", ["echo"]);
  t.teardown(() => echo[Symbol.asyncDispose]());
  // What the machine takes today to bring as many messages to somebody who does nothing with them.
  const echoMs = await timed(async () => {
    await flood(stranger, "echo");
    await until(() => state.heard === 1_000, 60_000);
  });
  const prepared = await carrier.prepare(askWith(photo));
  const aloneMs = await timed(async () => void (await carrier.verify(askWith(photo))));
  await flood(stranger, REQUESTS);
  const behindMs = await timed(async () => {
    t.equal(decided((await carrier.send(prepared)).claims), "match");
  });
  const [alone, behind, echoed] = [aloneMs, behindMs, echoMs].map(Math.round);
  t.comment(`alone ${alone} ms, behind 1,000 messages ${behind} ms; delivering as many takes ${echoed} ms`);
  t.ok(behindMs - aloneMs < Math.max(5_000, 10 * echoMs));
  t.equal(log.filter(({ event }) => event === "request_refused").length, 1_000, "each is refused, none is dropped");
});

async function timed(work: () => Promise<void>): Promise<number> {
  const sinceMs = performance.now();
  await work();
  return performance.now() - sinceMs;
}
