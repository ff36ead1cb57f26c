import { join } from "node:path";
import t from "tap";
import { openCarrier } from "../../carrier/client.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
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

t.test("1,000 junk messages hold the request behind them up by less than 5 s", { skip }, async (t) => {
  const brokerUrl = broker?.url as URL;
  const dataFolder = join(t.testdir({}), "data");
  const { device, log } = await openSynthetic({ brokerUrl, name: NAME, carrier: key, dataFolder });
  t.teardown(() => device[Symbol.asyncDispose]());
  await using carrier = await openCarrier({ brokerUrl, device: NAME, key });
  await carrier.identity();
  await using stranger = openMqttClient({ url: brokerUrl, clientId: "stranger", subscribe: [] });
  let connected = false;
  stranger.start({
    connected() {
      connected = true;
    },
    lost: () => undefined,
    message: () => undefined,
  });
  await until(() => connected);
  const prepared = await carrier.prepare(askWith(photo));
  const aloneMs = await timed(async () => void (await carrier.verify(askWith(photo))));
  for (let sent = 0; sent < 1_000; sent += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, i) => stranger.publish(junk(sent + i))));
  }
  const before = process.cpuUsage();
  const behindMs = await timed(async () => {
    t.equal(decided((await carrier.send(prepared)).claims), "match");
  });
  const { user, system } = process.cpuUsage(before);
  const workMs = (user + system) / 1_000;
  t.comment(
    `alone ${Math.round(aloneMs)} ms, behind 1,000 messages ${Math.round(behindMs)} ms, ${Math.round(workMs)} of work`,
  );
  // The processor's time: a machine that is busy with other work makes everybody wait, and that is no delay of ours.
  t.ok(Math.min(workMs, behindMs - aloneMs) < 5_000);
  t.equal(log.filter(({ event }) => event === "request_refused").length, 1_000, "each is refused, none is dropped");
});

const junk = (i: number) => ({ topic: REQUESTS, payload: `junk-${i}`, qos: 1, retain: false }) as const;

async function timed(work: () => Promise<void>): Promise<number> {
  const sinceMs = performance.now();
  await work();
  return performance.now() - sinceMs;
}
