import t from "tap";
import { listenToDevices } from "../../../carrier/connection/device-listener.ts";
import type { Listener } from "../../../carrier/connection/listened-device.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../../protocol/messages/contract.ts";
import { BrokerError } from "../../../protocol/mqtt/client.ts";
import { memoryBroker } from "../../support/memory-broker.ts";
import { type SigningDevice, signingDevice } from "../../support/signing-device.ts";

const device = await signingDevice("counter-7");
const other = await signingDevice("counter-8");
const TOPICS = topicsOf(DEFAULT_TOPICS, "counter-7");
const REPLY = "matchlight/v1/carrier/me";

/** A listener, its broker, and what it says in the order in which it is said. */
function start(pins: Readonly<Record<string, string>> = {}) {
  const said: unknown[] = [];
  const broker = memoryBroker();
  const devices = listenToDevices(broker, {
    template: DEFAULT_TOPICS,
    pinOf: (name: string) => pins[name],
    replyTopic: REPLY,
    events: {
      answered: (name, answer) => void said.push([name, answer.kind]),
      unattributed: () => void said.push("unattributed"),
      dropped: (name) => void said.push([name, "dropped"]),
      lost: ({ message }) => void said.push(message),
    },
  });
  const introduce = ({ identity }: SigningDevice) =>
    broker.deliver(topicsOf(DEFAULT_TOPICS, identity.device).identity, JSON.stringify(identity));
  const listen = (listener: Listener) => devices.of("counter-7").listeners.add(listener);
  return { broker, devices, said, introduce, listen };
}

t.test("what is retained is kept, answers reach whoever waits, in their order", async (t) => {
  const { broker, devices, said, introduce, listen } = start();
  const heard: unknown[] = [];
  listen({
    progress: ({ stage }) => void heard.push(stage),
    answer: ({ kind }) => void heard.push(kind),
    commandAnswer: ({ outcome }) => void heard.push(outcome),
  });
  await introduce(device);
  await Promise.all([
    broker.deliver(TOPICS.report, await device.report()),
    broker.deliver(TOPICS.progress, JSON.stringify({ v: 1, jti: "request-1", stage: "ended", atMs: 1 })),
    broker.deliver(TOPICS.answer, await device.answer()),
    broker.deliver(TOPICS.reported, await device.reported()),
    broker.deliver(TOPICS.status, JSON.stringify({ v: 1, device: "counter-7", state: "ready", faults: [] })),
    broker.deliver(TOPICS.status, JSON.stringify({ v: 1, device: "counter-8", state: "busy", faults: [] })),
  ]);
  t.same(heard, ["report", "ended", "done"]);
  t.same(said, [["counter-7", "report"]]);
  const { identity, status, reported, health } = devices.of("counter-7");
  t.match(
    [identity.value()?.device, status.value()?.state, reported.value()?.iss],
    ["counter-7", "ready", "counter-7"],
  );
  t.equal(health.value(), undefined);
});

/** An answer to a command, of almost the largest size. */
async function largeAnswer({ answer }: SigningDevice): Promise<string> {
  const names = [..."ABCD"].flatMap((a) => [..."ABCDEFGHIJKL"].map((b) => `MATCHLIGHT_${a}${b}`));
  const value = { value: "x".repeat(1_000), from: "default" };
  return answer({ config: Object.fromEntries(names.map((name) => [name, value])) });
}

t.test("what came before the identity is checked when it comes, within bounds of bytes", async (t) => {
  const { broker, devices, said, introduce, listen } = start();
  let heard = 0;
  listen({ commandAnswer: () => void heard++ });
  await broker.deliver(TOPICS.answer, "no token");
  await broker.deliver(TOPICS.report, await device.report());
  const large = await largeAnswer(device);
  for (let i = 0; i < 40; i++) await broker.deliver(TOPICS.answer, large);
  const kept = Math.floor((2_000_000 - 2_000) / large.length);
  t.match(devices.of("counter-7").trouble, /too many/);
  t.same(said, Array(40 - kept).fill(["counter-7", "dropped"]), "what is lost is told");
  await introduce(device);
  t.same(said.at(-1), ["counter-7", "report"]);
  t.equal(heard, kept, "more than 2 MB came, 2 MB were kept");
  await broker.deliver(TOPICS.answer, large);
  t.equal(heard, kept + 1, "the bytes are free again");
});

t.test("no camera takes the place of another's early messages, and all together are bounded", async (t) => {
  const { broker, said, introduce } = start();
  const large = await largeAnswer(device);
  const flood = async (name: string) => {
    for (let i = 0; i < 40; i++) await broker.deliver(topicsOf(DEFAULT_TOPICS, name).answer, large);
  };
  await flood("counter-1");
  await broker.deliver(TOPICS.report, await device.report());
  await introduce(device);
  t.same(said.at(-1), ["counter-7", "report"], "after one camera's flood");
  for (let i = 2; i < 20; i++) await flood(`counter-${i * 10}`);
  await broker.deliver(topicsOf(DEFAULT_TOPICS, "counter-8").report, await other.report({ detail: "x".repeat(200) }));
  const lost = said.filter((one) => Array.isArray(one) && one[1] === "dropped").length;
  t.equal(lost, 19 * 40 - Math.floor(16_000_000 / large.length), "of 19 cameras 16 MB are kept");
});

t.test("a message that is too large is not read, whatever it is", async (t) => {
  const { broker, devices, said, introduce, listen } = start();
  let called = 0;
  listen({ progress: () => void called++, answer: () => void called++ });
  await introduce(device);
  const huge = Buffer.alloc(4_000_000, "[");
  const before = process.cpuUsage();
  for (const topic of Object.values(TOPICS)) for (let i = 0; i < 20; i++) await broker.deliver(topic, huge);
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 2_000_000, "two seconds of the processor, however busy it is");
  t.equal(called, 0);
  t.match(devices.of("counter-7").trouble, /4000000 bytes/);
  t.equal(
    said.filter((one) => Array.isArray(one) && one[1] === "forged").length,
    40,
    "a lost report or identity is no secret",
  );
  t.equal(devices.of("counter-7").identity.value()?.device, "counter-7", "what was known stays");
});

t.test("nobody raises forged in another's name", async (t) => {
  const { broker, said, introduce, listen } = start();
  await introduce(device);
  await introduce(other);
  const answers: string[] = [];
  listen({ answer: ({ kind }) => void answers.push(kind) });
  for (const token of [
    await other.report({ iss: "counter-7" }),
    "e30.e30.AAAA",
    "x".repeat(99_000),
    await device.report({ seq: 0 }),
  ])
    await broker.deliver(REPLY, token);
  t.same(said, Array(4).fill("unattributed"));
  t.same(answers, []);
  await broker.deliver(REPLY, await device.report());
  t.same(said.at(-1), ["counter-7", "report"]);
  await broker.deliver(TOPICS.report, await other.report({ iss: "counter-7" }));
  t.same(said.at(-1), ["counter-7", "forged"], "its own topic is its own name");
});

t.test("an identity is the pinned one or none", async (t) => {
  const { devices, said, introduce } = start({ "counter-7": device.identity.signing.kid, "counter-8": "another" });
  await introduce(device);
  await introduce(other);
  t.ok(devices.of("counter-7").identity.value());
  t.equal(devices.of("counter-8").identity.value(), undefined);
  t.match(devices.of("counter-8").trouble, /pinned/);
  t.same(said, [["counter-8", "forged"]], "who only listens hears of it, too");
});

t.test("names are bounded, in length and number", async (t) => {
  const { broker, said } = start();
  for (let i = 0; i < 20_100; i++) await broker.deliver(`matchlight/v1/made-up-${i}/report`, Buffer.alloc(16_001));
  await broker.deliver(`matchlight/v1/${"x".repeat(65)}/report`, Buffer.alloc(16_001));
  t.equal(said.length, 20_000);
});

t.test("why a connection is lost is known until it is back", async (t) => {
  const { broker, devices, said } = start();
  t.equal(devices.connected.value(), true);
  broker.lose(new BrokerError("unreachable", "hung up"));
  t.same([devices.trouble(), said], ["hung up", ["hung up"]]);
});
