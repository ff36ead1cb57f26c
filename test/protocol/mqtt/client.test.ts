import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { startBroker } from "../../../cli/demo/broker.ts";
import { backoffMs } from "../../../protocol/mqtt/backoff.ts";
import { type MqttClientEvents, openMqttClient } from "../../../protocol/mqtt/client.ts";
import { freePort, startMosquitto, startTestBroker } from "../../support/broker.ts";

function listening() {
  const seen: string[] = [];
  const events: MqttClientEvents = {
    connected: () => seen.push("connected"),
    lost: () => seen.push("lost"),
    message: (topic, payload) => seen.push(`${topic}=${Buffer.from(payload)}`),
  };
  return { seen, events };
}

async function until(condition: () => boolean, withinMs = 5_000): Promise<boolean> {
  const late = Date.now() + withinMs;
  while (!condition() && Date.now() < late) await sleep(10);
  return condition();
}

const message = (topic: string, payload: string) => ({ topic, payload, qos: 1, retain: false }) as const;

for (const [name, start] of [
  ["the embedded broker", startBroker],
  ["mosquitto, where it is installed", startTestBroker],
] as const) {
  t.test(name, async (t) => {
    await using broker = await start();
    const { seen, events } = listening();
    await using link = openMqttClient({ url: broker.url, clientId: "one", subscribe: ["a/b"] });
    link.start(events);
    t.ok(await until(() => seen.includes("connected")));
    await link.publish(message("a/b", "hello"));
    t.ok(await until(() => seen.includes("a/b=hello")), "an acknowledged message came back");
    await link.publish(message("a/c", "not for us"));
    t.equal(seen.length, 2);
  });
}

t.test("an embedded broker without MQTT 5 is spoken to in MQTT 3.1.1, at once and from then on", async (t) => {
  const port = await freePort();
  const spoken: number[] = [];
  const lost: unknown[] = [];
  const options = { url: new URL(`mqtt://127.0.0.1:${port}`), clientId: "one", subscribe: ["a"] };
  const broker = await startBroker(port);
  await using link = openMqttClient({ ...options, backoff: { firstMs: 50, mostMs: 100 } });
  link.start({ connected: (protocol) => spoken.push(protocol), lost: (error) => lost.push(error.code), message() {} });
  await until(() => spoken.length === 1);
  await broker[Symbol.asyncDispose]();
  await until(() => lost.length === 1);
  await using _again = await startBroker(port);
  await until(() => spoken.length === 2);
  t.same([spoken, lost], [[4, 4], ["unreachable"]]);
});

t.test("with MQTT 5 an answer's place and mark are carried, and a broker keeps what we missed", async (t) => {
  await using broker = await startMosquitto();
  if (!broker) return void t.pass("mosquitto is not installed: there is no other broker here that speaks MQTT 5");
  const heard: unknown[] = [];
  const events: MqttClientEvents = {
    connected: (protocol) => heard.push(protocol),
    lost: () => undefined,
    message: (topic, payload, reply) => heard.push([topic, Buffer.from(payload).toString(), reply]),
  };
  const options = { url: broker.url, clientId: "away", subscribe: ["a"], sessionSeconds: 60 };
  const first = openMqttClient(options);
  first.start(events);
  await until(() => heard.length === 1);
  await first[Symbol.asyncDispose]();
  await using other = openMqttClient({ url: broker.url, clientId: "other", subscribe: [] });
  const { seen, events: others } = listening();
  other.start(others);
  await until(() => seen.includes("connected"));
  const reply = { topic: "answers/here", correlation: "bWFyaw" };
  await other.publish({ ...message("a", "while you were away"), reply, expirySeconds: 60 });
  await using again = openMqttClient(options);
  again.start(events);
  await until(() => heard.length === 3);
  t.same(heard.slice(0, 1), [5]);
  t.same(
    heard.find((one) => Array.isArray(one)),
    ["a", "while you were away", reply],
  );
});

t.test("the last will speaks when the connection breaks, not after a clean goodbye", async (t) => {
  await using broker = await startBroker();
  const { seen, events } = listening();
  await using watcher = openMqttClient({ url: broker.url, clientId: "watcher", subscribe: ["will"] });
  watcher.start(events);
  await until(() => seen.includes("connected"));
  const will = { ...message("will", "gone"), retain: true };
  const link = openMqttClient({ url: broker.url, clientId: "dying", subscribe: [], will });
  const other = listening();
  link.start(other.events);
  await until(() => other.seen.includes("connected"));
  await link[Symbol.asyncDispose]();
  await sleep(100);
  t.notOk(seen.includes("will=gone"));
});

t.test("a lost broker is told once, nothing is queued, and the link comes back by itself", async (t) => {
  const port = await freePort();
  const url = new URL(`mqtt://127.0.0.1:${port}`);
  const { seen, events } = listening();
  await using link = openMqttClient({ url, clientId: "one", subscribe: ["a"] });
  link.start(events);
  t.ok(await until(() => seen.includes("lost")), "nobody listens there");
  await t.rejects(link.publish(message("a", "x")), { name: "BrokerError" });
  await sleep(1_500);
  t.same(seen, ["lost"], "told once, however often it was tried");
  await using broker = await startBroker(port);
  t.ok(await until(() => seen.includes("connected"), 10_000));
  await broker[Symbol.asyncDispose]();
  t.ok(await until(() => seen.length === 3));
  t.same(seen, ["lost", "connected", "lost"]);
});

t.test("what is being published when the connection breaks is rejected, not lost silently", async (t) => {
  const sockets: Socket[] = [];
  const deaf = createServer((socket) => {
    sockets.push(socket);
    // CONNACK to the first packet, then silence.
    socket.once("data", () => socket.write(Buffer.from([0x20, 2, 0, 0])));
  }).listen(0, "127.0.0.1");
  await once(deaf, "listening");
  const { port } = deaf.address() as AddressInfo;
  const { seen, events } = listening();
  await using link = openMqttClient({ url: new URL(`mqtt://127.0.0.1:${port}`), clientId: "one", subscribe: [] });
  link.start(events);
  await until(() => seen.includes("connected"));
  const published = link.publish(message("a", "x"));
  await sleep(50);
  for (const socket of sockets) socket.destroy();
  await t.rejects(published, { name: "BrokerError" });
  deaf.close();
});

t.test("waits grow up to half a minute and are never the same for all", async (t) => {
  t.ok(backoffMs(0, 0) >= 250 && backoffMs(0, 1) <= 500);
  t.ok(backoffMs(3, 0) > backoffMs(0, 1));
  t.equal(backoffMs(100, 1), 30_000);
  t.equal(backoffMs(100, 0), 15_000);
});
