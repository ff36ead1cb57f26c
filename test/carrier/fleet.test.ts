import { join } from "node:path";
import t from "tap";
import {
  type Carrier,
  type FleetOptions,
  openCarrier,
  openFleet,
  type Trouble,
  type VerifiedReport,
} from "../../carrier/client.ts";
import { startBroker } from "../../cli/demo/broker.ts";
import { openStore } from "../../device/storage/store.ts";
import { withResolvers } from "../../protocol/common/with-resolvers.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { freePort, startTestBroker } from "../support/broker.ts";
import { askWith } from "../support/stage.ts";
import { openSynthetic } from "../support/synthetic-device.ts";
import { until } from "../support/until.ts";

const NAME = "counter-7";
const photo = Buffer.from([0xff, 0xd8, 0xff]);
const broker = await startTestBroker();
const key = await generatePrivateJwk("signing");
const folder = t.testdir({});
const { device } = await openSynthetic({
  brokerUrl: broker.url,
  name: NAME,
  carrier: key,
  dataFolder: join(folder, "data"),
});
t.teardown(async () => {
  await device[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});

/** A fleet that notes what it is called back with. */
async function open(options: Partial<FleetOptions> = {}) {
  const [reports, troubles]: [VerifiedReport[], Trouble[]] = [[], []];
  const fleet = await openFleet({
    brokerUrl: broker.url,
    key,
    onReport: (report) => void reports.push(report),
    onTrouble: (trouble) => void troubles.push(trouble),
    ...options,
  });
  return { fleet, reports, troubles, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() };
}

t.test("a request is prepared, sent, sent again, and has one report", async (t) => {
  await using one = await open();
  const carrier = one.fleet.device(NAME);
  t.equal((await carrier.identity()).device, NAME);
  t.match((await carrier.status()).state, /ready|busy/);
  const prepared = await carrier.prepare(askWith(photo));
  const stages: string[] = [];
  const report = await carrier.send(prepared, ({ stage }) => void stages.push(stage));
  t.match(report.claims, { jti: prepared.jti, decision: "match" });
  t.ok(stages.includes("accepted"));
  t.same(await carrier.send(prepared), report, "the same request has the same report");
  t.same(one.reports, [report]);
  t.same(one.troubles, []);
});

/** A verification that goes on until it is cancelled. */
async function endless(carrier: Carrier) {
  const prepared = await carrier.prepare({ ...askWith(photo), policy: { challenge: "always", timeoutMs: 60_000 } });
  let [ended, accepted]: [Promise<VerifiedReport>, boolean] = [Promise.reject(new Error("not sent")), false];
  ended.catch(() => undefined);
  ended = carrier.send(prepared, ({ stage }) => {
    accepted ||= stage === "accepted";
  });
  await until(() => accepted);
  return { jti: prepared.jti, ended };
}

t.test("a running verification is cancelled, and the cancel is answered", async (t) => {
  await using one = await open();
  const carrier = one.fleet.device(NAME);
  const { jti, ended } = await endless(carrier);
  await carrier.cancel(jti, "declined");
  t.match((await ended).claims, { decision: "inconclusive", reason: "declined" });
  await t.rejects(carrier.cancel(jti, "declined"), { code: "refused", refusal: "already_ended" });
  t.same(one.troubles, []);
});

t.test("whoever waits for a camera when the fleet is closed is told", async (t) => {
  await using one = await open();
  await using other = await open();
  const gone = { name: "CarrierError", code: "broker_unreachable", message: /was closed/ };
  const { jti, ended } = await endless(one.fleet.device(NAME));
  const waiting: readonly Promise<unknown>[] = [
    ended,
    one.fleet.device("nobody").identity(),
    one.fleet.device("nobody").status(),
  ];
  const told = waiting.map((promise) => t.rejects(promise, gone));
  await one.fleet[Symbol.asyncDispose]();
  await Promise.all([...told, t.rejects(one.fleet.device("nobody").identity(), gone)]);
  await other.fleet.device(NAME).cancel(jti, "cancelled");
});

t.test("a second counter waits for its turn, is cancelled while it waits, or is refused in time", async (t) => {
  await using one = await open();
  const carrier = one.fleet.device(NAME);
  const { jti, ended } = await endless(carrier);
  const asking = (waitMs: number) => ({ ...askWith(photo), policy: { timeoutMs: 60_000, waitMs } });
  await t.rejects(carrier.verify(asking(0)), { code: "refused", refusal: "busy" });
  await t.rejects(carrier.verify(asking(100)), { code: "refused", refusal: "busy" }, "its wait is over");
  const waits = await carrier.prepare(asking(60_000));
  const sent = [carrier.send(waits), carrier.send(waits)];
  const left = await carrier.prepare(asking(60_000));
  const leaving = t.rejects(carrier.send(left), { code: "refused", refusal: "cancelled" });
  await t.rejects(
    carrier.verify(askWith(photo)),
    { code: "refused", refusal: "busy" },
    "whoever does not wait does not come between",
  );
  await carrier.cancel(left.jti, "cancelled");
  await leaving;
  await carrier.cancel(jti, "cancelled");
  const [cancelled, first, again] = await Promise.all([ended, ...sent]);
  t.match(cancelled?.claims, { reason: "cancelled" });
  t.match(first?.claims, { jti: waits.jti, decision: "match" }, "it is served when the other has ended");
  t.same(again, first, "once, however often it came");
  t.same(one.troubles, []);
});

t.test("a callback that throws or rejects ends nothing, and is reported", async (t) => {
  const fail = () => {
    throw new Error("yours");
  };
  const reject = () => Promise.reject(new Error("yours"));
  for (const callback of [fail, reject]) {
    await using one = await open({ onReport: callback });
    await one.fleet.device(NAME).verify(askWith(photo), callback);
    t.ok(await until(() => one.troubles.length >= 3));
    for (const trouble of one.troubles) t.match(trouble, { kind: "handler", error: { message: "yours" } });
    const warned: Error[] = [];
    const onWarning = (warning: Error) => void warned.push(warning);
    process.on("warning", onWarning);
    await using other = await open({ onReport: callback, onTrouble: callback });
    await other.fleet.device(NAME).verify(askWith(photo), callback);
    t.ok(await until(() => warned.length > 0), "without anybody to inform it is a warning");
    process.off("warning", onWarning);
  }
});

t.test(
  "a report with which onReport failed comes to it again; a copy of another one only for its receipt",
  async (t) => {
    const seen: string[] = [];
    let outcome: () => Promise<void> = () => Promise.reject(new Error("the archive is away"));
    await using one = await open({
      onReport({ claims: { jti } }, { kind }) {
        seen.push(`${jti} ${kind}`);
        return outcome();
      },
    });
    const carrier = one.fleet.device(NAME);
    const [promised, plain] = [
      await carrier.prepare({ ...askWith(photo), receipt: true }),
      await carrier.prepare(askWith(photo)),
    ];
    const report = await carrier.send(promised);
    t.ok(await until(() => one.troubles.length > 0));
    t.match(one.troubles[0], { kind: "handler", error: { message: "the archive is away" } });
    const { promise: stored, resolve: store } = withResolvers<void>();
    outcome = () => stored;
    await carrier.send(promised);
    await carrier.send(promised);
    const comes = ["next", "late"].map((kind) => `${promised.jti} ${kind}`);
    // The camera also sends copies by itself, after some seconds.
    t.same([...new Set(seen)], comes, "no copy while it is being stored");
    store();
    await carrier.send(promised);
    t.same([...new Set(seen)], [...comes, `${promised.jti} again`], "its receipt may be lost");
    await carrier.receipt([report]);
    for (let i = 0; i < 2; i++) await carrier.send(plain);
    t.same([...new Set(seen)].slice(3), [`${plain.jti} next`]);
  },
);

t.test("a report by a pack that is not pinned is an outcome with a name, and evidence", async (t) => {
  await using any = await open();
  const mine = (await any.fleet.device(NAME).identity()).pack.hash;
  await using right = await open({ packs: [mine, "b".repeat(64)] });
  t.match((await right.fleet.device(NAME).verify(askWith(photo))).claims.pack, { hash: mine });
  t.same(right.troubles, []);
  await using wrong = await open({ packs: ["b".repeat(64)] });
  const error = await wrong.fleet
    .device(NAME)
    .verify(askWith(photo))
    .catch((one: unknown) => one);
  t.match(error, { name: "CarrierError", code: "wrong_pack", report: { claims: { pack: { hash: mine } } } });
  t.equal(wrong.reports.length, 1, "it is archived all the same");
  t.match(wrong.troubles, [{ kind: "pack", device: NAME, hash: mine }]);
  await using none = await openCarrier({ brokerUrl: broker.url, key, device: NAME, packs: [] });
  await t.rejects(none.verify(askWith(photo)), { code: "wrong_pack" });
});

t.test("processes that share reports get answers to their own requests", async (t) => {
  await using one = await open({ share: "counters" });
  await using two = await open({ share: "counters" });
  for (const { fleet } of [one, two, one, two]) {
    t.match((await fleet.device(NAME).verify(askWith(photo))).claims, { decision: "match" });
  }
  t.same([...one.troubles, ...two.troubles], []);
});

t.test(
  "a report with a receipt comes once to the process that asked for it, although it comes on two topics",
  async (t) => {
    const places: string[] = [];
    await using one = await open({ share: "tills", onReport: (_report, { kind }) => void places.push(kind) });
    const carrier = one.fleet.device(NAME);
    for (let i = 0; i < 3; i++) {
      const report = await carrier.verify({ ...askWith(photo), receipt: true });
      await carrier.receipt([report]);
    }
    t.ok(await until(() => places.length >= 3));
    t.same(places.includes("again"), false);
    t.equal(places.length, 3);
  },
);

t.test("a broker that grants shared subscriptions and delivers nothing is noticed", async (t) => {
  // It speaks MQTT 3.1.1 and takes "$share" for the beginning of an ordinary topic, as RabbitMQ 3.10 and NATS 2.9 do.
  await using old = await startBroker();
  await using deaf = await open({ brokerUrl: old.url, share: "counters" });
  t.ok(await until(() => deaf.troubles.length > 0, 6_000));
  t.match(deaf.troubles, [{ kind: "connection", error: { name: "BrokerError", code: "denied", message: /\$share/ } }]);
  await using plain = await open({ brokerUrl: old.url.href });
  t.same(plain.troubles, []);
  for (const name of ["a/b", "#", ""]) await t.rejects(open({ share: name }), { code: "bad_input" }, name);
});

t.test("what cannot be done has a code that the types know", async (t) => {
  await using one = await open();
  await t.rejects(one.fleet.device("nobody").verify(askWith(photo)), { code: "device_unknown" });
  await t.rejects(one.fleet.device(NAME).verify(askWith(Buffer.from("text"))), { code: "bad_input" });
  await t.rejects(one.fleet.device(NAME).verify({ ...askWith(photo), purpose: "" }), { code: "refused" });
  await t.rejects(open({ key: { kty: "RSA" } }), { name: "CarrierError", code: "bad_input" });
  await t.rejects(open({ brokerUrl: new URL("tls://localhost") }), { code: "bad_input", message: /and not tls:/ });
  await t.rejects(open({ brokerUrl: "localhost" }), { code: "bad_input", message: /mqtts:\/\/ and a host/ });
  await t.rejects(open({ tls: { ca: "an authority" } }), { code: "bad_input", message: /mqtts:/ });
  await t.rejects(open({ brokerUrl: new URL("mqtt://u:100%@localhost") }), { code: "bad_input", message: /%25/ });
  const pem = { brokerUrl: new URL("mqtts://localhost"), tls: { cert: "no certificate", key: "no key" } };
  await t.rejects(open(pem), { code: "bad_input", message: /PEM/ });
  await t.rejects(open({ brokerUrl: new URL(`mqtt://127.0.0.1:${await freePort()}`) }), { code: "broker_unreachable" });
  const prepared = await one.fleet.device(NAME).prepare(askWith(photo));
  await one.fleet[Symbol.asyncDispose]();
  const gone = { name: "CarrierError", code: "broker_unreachable", cause: { name: "BrokerError" } };
  await t.rejects(one.fleet.device(NAME).verify(askWith(photo)), gone);
  await t.rejects(one.fleet.device(NAME).send(prepared), gone);
  await t.rejects(one.fleet.device(NAME).cancel("request-1", "declined"), gone);
});

t.test("a pinned key is required of the device", async (t) => {
  await using any = await open();
  const pinned = (await any.fleet.device(NAME).identity()).signing.kid;
  await using right = await openCarrier({ brokerUrl: broker.url, key, device: NAME, pinned });
  t.equal((await right.identity()).signing.kid, pinned);
  await using wrong = await openCarrier({ brokerUrl: broker.url, key, device: NAME, pinned: "another" });
  await t.rejects(wrong.identity(), { code: "device_unknown", message: /pinned/ });
});

t.test("a report with a promised receipt stays in the camera's outbox until the carrier gives it", async (t) => {
  const dataFolder = join(folder, "receipts");
  await using store = await openStore(join(dataFolder, "ledger"));
  const options = { brokerUrl: broker.url, name: "counter-9", carrier: key, dataFolder, own: { store } };
  const { device: other } = await openSynthetic(options);
  t.teardown(() => other[Symbol.asyncDispose]());
  await using one = await open();
  const carrier = one.fleet.device("counter-9");
  const report = await carrier.verify({ ...askWith(photo), receipt: true });
  t.equal(report.claims.receipt, true, "the camera says that it waits");
  t.equal(store.count("outbox/", "outbox0"), 1);
  await carrier.receipt([report]);
  t.ok(await until(() => store.count("outbox/", "outbox0") === 0));
  await t.rejects(carrier.receipt([]), { code: "bad_input" });
});
