import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { startBroker } from "../../../cli/demo/broker.ts";
import { backoffMs, spreadOver } from "../../../protocol/common/backoff.ts";
import { type MqttClientEvents, openMqttClient, type Tls } from "../../../protocol/mqtt/client.ts";
import { freePort, startMosquitto, startTestBroker } from "../../support/broker.ts";
import { startRefusingBroker } from "../../support/refusing-broker.ts";

function listening() {
  const seen: string[] = [];
  const events: MqttClientEvents = {
    connected: () => seen.push("connected"),
    lost: () => seen.push("lost"),
    message: (topic, payload) => void seen.push(`${topic}=${Buffer.from(payload)}`),
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
    message: (topic, payload, reply) => void heard.push([topic, Buffer.from(payload).toString(), reply]),
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

t.test("what waited at the broker can be answered at once, before the subscriptions are confirmed", async (t) => {
  await using broker = await startTestBroker();
  await using other = openMqttClient({ url: broker.url, clientId: "other", subscribe: ["answer"] });
  const { seen, events } = listening();
  other.start(events);
  await until(() => seen.includes("connected"));
  await other.publish({ ...message("question", "early"), retain: true });
  const failed: unknown[] = [];
  await using link = openMqttClient({ url: broker.url, clientId: "one", subscribe: ["question", "later"] });
  link.start({
    connected: () => undefined,
    lost: () => undefined,
    message: () => void link.publish(message("answer", "heard")).catch((error: unknown) => failed.push(error)),
  });
  t.ok(await until(() => seen.includes("answer=heard") || failed.length > 0));
  t.same(failed, []);
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

t.test("after the loss of a connection that stood, the first wait is anything up to the spread", async (t) => {
  const spread = spreadOver(20_000);
  t.same([backoffMs(0, 0, spread), backoffMs(0, 1, spread)], [0, 20_000]);
  t.same([backoffMs(1, 0, spread), backoffMs(1, 1, spread)], [5_000, 10_000]);
  t.equal(backoffMs(9, 1, spread), 30_000);
});

t.test("of several addresses each is tried in its turn, until one answers", async (t) => {
  await using broker = await startBroker();
  const [nobody, neither] = [await freePort(), await freePort()].map((port) => new URL(`mqtt://127.0.0.1:${port}`));
  const { seen, events } = listening();
  const also = [broker.url, neither as URL];
  const options = { url: nobody as URL, also, clientId: "one", subscribe: [] };
  await using link = openMqttClient({ ...options, backoff: { firstMs: 10, mostMs: 20 } });
  link.start(events);
  t.ok(await until(() => seen.includes("connected")));
});

/** A broker of MQTT 5 that grants and takes everything, but for the packets that it never answers. */
async function deafTo(...types: readonly number[]) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.on("data", (bytes) => {
      const type = (bytes[0] ?? 0) >> 4;
      if (types.includes(type)) return;
      if (type === 1) socket.write(Buffer.from([0x20, 3, 0, 0, 0]));
      if (type === 8) socket.write(Buffer.from([0x90, 4, bytes[2] ?? 0, bytes[3] ?? 0, 0, 1]));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    url,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

for (const [name, type] of [
  ["CONNECT", 1],
  ["SUBSCRIBE", 8],
] as const) {
  t.test(`a broker that never answers ${name} counts as lost after a while`, async (t) => {
    using broker = await deafTo(type);
    const { seen, events } = listening();
    await using link = openMqttClient({ url: broker.url, clientId: "one", subscribe: ["a"] });
    link.start(events);
    t.ok(await until(() => seen.includes("lost"), 14_000));
    t.notOk(seen.includes("connected"));
  });
}

t.test("a broker that announces a packet of 256 MB is hung up on", async (t) => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write(Buffer.from([0x20, 3, 0, 0, 0, 0x30, 0xff, 0xff, 0xff, 0x7f])));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const reasons: string[] = [];
  await using link = openMqttClient({ url, clientId: "one", subscribe: [] });
  link.start({ connected: () => undefined, lost: ({ message }) => reasons.push(message), message: () => undefined });
  t.ok(await until(() => reasons.length > 0));
  t.match(reasons, [/a packet of 268435455 bytes/]);
  server.close();
});

t.test("a broker that hangs up on MQTT 5 without an answer is spoken to in MQTT 3.1.1", async (t) => {
  const levels: number[] = [];
  const answers: Readonly<Record<number, (socket: Socket, bytes: Buffer) => unknown>> = {
    1(socket, bytes) {
      levels.push(bytes[8] ?? 0);
      return levels.at(-1) === 5 ? socket.destroy() : socket.write(Buffer.from([0x20, 2, 0, 0]));
    },
    3: (socket) => socket.destroy(),
    8: (socket, bytes) => socket.write(Buffer.from([0x90, 3, bytes[2] ?? 0, bytes[3] ?? 0, 1])),
  };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => answers[(bytes[0] ?? 0) >> 4]?.(socket, bytes));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { seen, events } = listening();
  const link = openMqttClient({
    ...{ url, clientId: "one", subscribe: ["a"] },
    backoff: { firstMs: 50, mostMs: 100 },
  });
  link.start(events);
  t.ok(await until(() => seen.includes("connected")));
  t.same(levels, [5, 4]);
  await link.publish(message("a", "the broker hangs up on this")).catch(() => undefined);
  t.ok(await until(() => levels.length === 3));
  t.same(levels, [5, 4, 4], "what worked is remembered");
  await link[Symbol.asyncDispose]();
  server.close();
});

for (const protocol of [4, 5] as const) {
  t.test(`a broker that refuses a subscription is connected and denied, with MQTT ${protocol}`, async (t) => {
    using broker = await startRefusingBroker("forbidden", protocol);
    const seen: string[] = [];
    await using link = openMqttClient({
      ...{ url: broker.url, clientId: "one", subscribe: ["forbidden", "allowed"] },
      backoff: { firstMs: 50, mostMs: 100 },
    });
    link.start({
      connected: () => seen.push("connected"),
      lost: ({ message }) => seen.push(message),
      denied: ({ message }) => seen.push(message),
      granted: () => seen.push("granted"),
      message: () => undefined,
    });
    t.ok(await until(() => broker.answered().subscriptions > 3), "it asks again");
    t.same(seen, ["connected", "the broker does not let us hear forbidden"]);
    broker.allow();
    t.ok(await until(() => seen.includes("granted")));
    t.equal(broker.answered().connections, 1, "on the same connection");
  });
}

t.test("a session lasts under MQTT 3.1.1 too", async (t) => {
  const port = await freePort();
  await using broker = await startBroker(port);
  const spoken: number[] = [];
  const heard: string[] = [];
  const events: MqttClientEvents = {
    connected: (protocol) => spoken.push(protocol),
    lost: () => undefined,
    message: (_, payload) => void heard.push(Buffer.from(payload).toString()),
  };
  const options = { url: broker.url, clientId: "away", subscribe: ["a"], sessionSeconds: 60 };
  const first = openMqttClient(options);
  first.start(events);
  await until(() => spoken.length === 1);
  await first[Symbol.asyncDispose]();
  await using other = openMqttClient({ url: broker.url, clientId: "other", subscribe: [] });
  const { seen, events: others } = listening();
  other.start(others);
  await until(() => seen.includes("connected"));
  await other.publish(message("a", "while you were away"));
  await using again = openMqttClient(options);
  again.start(events);
  t.ok(await until(() => heard.includes("while you were away") && spoken.length === 2));
  t.same(spoken, [4, 4]);
});

t.test("a message is acknowledged when it has been handled: one that is not comes again", async (t) => {
  await using broker = await startTestBroker();
  const heard: string[] = [];
  const handler = (handle: () => Promise<void>, connected: () => void): MqttClientEvents => ({
    connected,
    lost: () => undefined,
    message(_, payload) {
      heard.push(Buffer.from(payload).toString());
      return handle();
    },
  });
  const options = { url: broker.url, clientId: "slow", subscribe: ["a"], sessionSeconds: 60 };
  const ready = { first: false, second: false };
  const first = openMqttClient(options);
  first.start(
    handler(
      () => new Promise(() => undefined),
      () => {
        ready.first = true;
      },
    ),
  );
  await until(() => ready.first);
  await using other = openMqttClient({ url: broker.url, clientId: "other", subscribe: [] });
  const { seen, events } = listening();
  other.start(events);
  await until(() => seen.includes("connected"));
  for (const name of ["one", "two"]) await other.publish(message("a", name));
  t.ok(await until(() => heard.length === 2), "a message that is not handled yet does not hold up the reading");
  await first[Symbol.asyncDispose]();
  await using second = openMqttClient(options);
  second.start(
    handler(
      async () => undefined,
      () => undefined,
    ),
  );
  t.ok(await until(() => heard.length === 4));
  t.same(heard.sort(), ["one", "one", "two", "two"]);
});

/** A broker of MQTT 5 that accepts, and then does `more` with each packet. */
async function startRaw(t: Pick<Test, "teardown">, more: (socket: Socket, bytes: Buffer) => unknown): Promise<URL> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.once("data", () => {
      socket.write(Buffer.from([0x20, 3, 0, 0, 0]));
      socket.on("data", (bytes) => more(socket, bytes));
      more(socket, Buffer.alloc(0));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new URL(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

t.test("a broker that sends a message with QoS 2 is hung up on before it is kept", async (t) => {
  // Packet 7 on the topic "a", never released: the library would keep it as long as the connection lasts.
  const url = await startRaw(t, (socket) => socket.write(Buffer.from([0x34, 7, 0, 1, 0x61, 0, 7, 0, 0x78])));
  const [reasons, heard]: [string[], string[]] = [[], []];
  await using link = openMqttClient({ url, clientId: "one", subscribe: [] });
  link.start({
    connected: () => undefined,
    lost: ({ message }) => reasons.push(message),
    message: (topic) => void heard.push(topic),
  });
  t.ok(await until(() => reasons.length > 0));
  t.match(reasons, [/a message with QoS 2/]);
  t.same(heard, []);
});

t.test("an acknowledgement may come late when much had to be sent before it", async (t) => {
  const PHOTO_BYTES = 2_600_000;
  let [received, head] = [0, Buffer.alloc(0)];
  const url = await startRaw(t, (socket, bytes) => {
    const before = received;
    received += bytes.length;
    // The number of the packet is behind its type, four bytes of length, and the topic "a" with its length.
    if (head.length < 10) head = Buffer.concat([head, bytes]);
    const acknowledge = () => socket.write(Buffer.from([0x40, 2, head[8] ?? 0, head[9] ?? 0]));
    if (before < PHOTO_BYTES && received >= PHOTO_BYTES) setTimeout(acknowledge, 11_000);
  });
  const { seen, events } = listening();
  await using link = openMqttClient({ url, clientId: "one", subscribe: [] });
  link.start(events);
  await until(() => seen.includes("connected"));
  await link.publish({ ...message("a", ""), payload: Buffer.alloc(PHOTO_BYTES) });
  t.same(seen, ["connected"]);
});

t.test("credentials that cannot be used are a failed attempt, and end nothing", async (t) => {
  const seen: unknown[] = [];
  const fail = (url: string, tls?: Tls) => {
    const link = openMqttClient({ url: new URL(url), clientId: "one", subscribe: [], ...(tls ? { tls } : {}) });
    link.start({ connected: () => undefined, lost: (error) => seen.push(error), message: () => undefined });
    return link;
  };
  await using _password = fail("mqtt://user:100%@127.0.0.1:1");
  t.ok(await until(() => seen.length === 1));
  await using _pem = fail("mqtts://127.0.0.1:1", { cert: "no certificate", key: "no key" });
  t.ok(await until(() => seen.length === 2));
  t.match(seen, [
    { name: "BrokerError", message: /write %25/ },
    { name: "BrokerError", code: "untrusted", message: /PEM/ },
  ]);
});

t.test("a handler that fails is a warning, and the message is acknowledged", async (t) => {
  await using broker = await startTestBroker();
  const warned = once(process, "warning");
  const { seen, events } = listening();
  await using link = openMqttClient({ url: broker.url, clientId: "one", subscribe: ["a/b"] });
  let failed = false;
  link.start({
    ...events,
    async message(topic, payload, ...more) {
      if (!failed) {
        failed = true;
        throw new Error("it failed");
      }
      await events.message(topic, payload, ...more);
    },
  });
  await until(() => seen.includes("connected"));
  await link.publish(message("a/b", "one"));
  t.match(await warned, [{ message: "it failed" }]);
  await link.publish(message("a/b", "two"));
  t.ok(await until(() => seen.includes("a/b=two")));
});
