import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { openCarrier, openFleet } from "../../carrier/client.ts";
import { loadKeys } from "../../device/management/device-keys.ts";
import { openLedger } from "../../device/messaging/ledger.ts";
import { systemClock } from "../../device/process/clock.ts";
import { inconclusive } from "../../device/session/decision.ts";
import { NO_EVIDENCE } from "../../device/session/evidence.ts";
import { openStore } from "../../device/storage/store.ts";
import { reportClaims } from "../../device/verification/report-claims.ts";
import { generatePrivateJwk, sign } from "../../protocol/encoding/tokens.ts";
import { openMqttClient, type Tls } from "../../protocol/mqtt/client.ts";
import {
  type FleetBroker,
  freePort,
  makeAuthorities,
  startFleetBroker,
  startMosquitto,
  type TestAuthorities,
} from "../support/broker.ts";
import { startProxy } from "../support/proxy.ts";
import { askWith, decided } from "../support/stage.ts";
import { type LogLine, openSynthetic } from "../support/synthetic-device.ts";
import { until } from "../support/until.ts";

const photo = Buffer.from([0xff, 0xd8, 0xff]);
const probe = await startMosquitto();
await probe?.[Symbol.asyncDispose]();
const skip = probe ? false : "mosquitto is not installed";
const key = await generatePrivateJwk("signing");

async function device(t: Test, brokerUrl: URL, environment: Readonly<Record<string, string>> = {}, name = "counter-7") {
  const dataFolder = join(t.testdir({}), "data");
  const opened = await openSynthetic({ brokerUrl, name, carrier: key, dataFolder, environment });
  t.teardown(() => opened.device[Symbol.asyncDispose]());
  return opened;
}

const count = (log: readonly LogLine[], event: string, more: Partial<LogLine> = {}) =>
  log.filter((line) => line.event === event && Object.entries(more).every(([field, value]) => line[field] === value))
    .length;

t.test("refused, silent, gone and back: each is told once, and it recovers by itself", { skip }, async (t) => {
  const port = await freePort();
  const first = await startMosquitto(port);
  await using proxy = await startProxy(new URL(`mqtt://127.0.0.1:${port}`));
  proxy.set("refusing");
  const { log } = await device(t, proxy.url);
  t.ok(await until(() => count(log, "broker_unreachable", { code: "refused" }) === 1));
  await sleep(1_500);
  t.equal(count(log, "broker_unreachable"), 1, "told once, however often it was refused");
  proxy.set("clear");
  const clearMs = performance.now();
  t.ok(await until(() => count(log, "broker_connected") === 1, 6_000));
  t.comment(`back ${Math.round(performance.now() - clearMs)} ms after the broker stopped refusing`);

  await using carrier = await openCarrier({ brokerUrl: new URL(`mqtt://127.0.0.1:${port}`), device: "counter-7", key });
  t.equal((await carrier.verify(askWith(photo))).claims.seq, 1);
  // A connection that has held for a while starts the waits anew.
  await sleep(3_000);
  await first?.[Symbol.asyncDispose]();
  t.ok(await until(() => count(log, "broker_unreachable") === 2), "the broker is stopped");
  await using _second = await startMosquitto(port);
  t.ok(await until(() => count(log, "broker_connected") === 2, 6_000), "and started again");

  await using again = await openCarrier({ brokerUrl: new URL(`mqtt://127.0.0.1:${port}`), device: "counter-7", key });
  const waiting = again.verify(askWith(photo));
  await until(() => count(log, "request_accepted") === 2);
  proxy.set("silent");
  await until(() => count(log, "report_stored") === 2);
  t.ok(await until(() => count(log, "broker_unreachable", { code: "silent" }) === 1, 15_000), "dead but connected");
  proxy.set("clear");
  t.equal((await waiting).claims.seq, 2, "the report that was on its way is not lost");
  t.equal(count(log, "broker_unreachable"), 3);
});

t.test("an outage with 500 reports waiting: all arrive, once, in order", { skip }, async (t) => {
  const REPORTS = 500;
  const port = await freePort();
  const url = new URL(`mqtt://127.0.0.1:${port}`);
  const dataFolder = join(t.testdir({}), "data");
  const keys = await loadKeys(dataFolder);
  {
    await using store = await openStore(join(dataFolder, "ledger"));
    const ledger = openLedger(store, Date.now);
    const pack = { id: "synthetic", hash: "synthetic" };
    for (let i = 0; i < REPORTS; i++) {
      const jti = `request-${i}`;
      const context = {
        jti,
        device: "counter-7",
        threshold: 0.5,
        fmr: 0.001,
        pack,
        assurance: "standard" as const,
        startedMs: Date.now(),
      };
      const verdict = inconclusive("timeout", NO_EVIDENCE);
      await ledger.conclude({ jti, acceptedAtMs: Date.now(), expiresAtMs: Date.now() }, (head) =>
        sign(reportClaims(verdict, { ...context, clock: systemClock }, head), "matchlight-report+jwt", keys.signing),
      );
    }
  }
  const opened = await openSynthetic({ brokerUrl: url, name: "counter-7", carrier: key, dataFolder });
  t.teardown(() => opened.device[Symbol.asyncDispose]());
  t.ok(await until(() => count(opened.log, "broker_unreachable") === 1));
  const seqs: number[] = [];
  const troubles: unknown[] = [];
  await using _broker = await startMosquitto(port);
  await using _fleet = await openFleet({
    brokerUrl: url,
    key,
    onReport: ({ claims }) => void seqs.push(claims.seq),
    onTrouble: (trouble) => void troubles.push(trouble),
  });
  const since = performance.now();
  t.ok(await until(() => seqs.length === REPORTS, 120_000), `${seqs.length} reports`);
  t.comment(`${REPORTS} reports in ${Math.round(performance.now() - since)} ms after the broker was back`);
  t.same(
    seqs,
    Array.from({ length: REPORTS }, (_, i) => i + 1),
  );
  t.same(troubles, [], "nothing missing, nothing forged");
  t.equal(count(opened.log, "broker_unreachable"), 1);
});

t.test("over TLS by certificate, and what the rules deny is seen", { skip }, async (t) => {
  await using authorities = await makeAuthorities();
  const files = (name: string) => filesOf(authorities, name);
  await authorities.cameras.certificate("counter-7");
  await authorities.cameras.certificate("counter-8");
  await authorities.cameras.certificate("counter-9", -1);
  const tls = await authorities.carriers.certificate("carrier");
  await t.test("the rules as they are let a camera and a carrier work", async (t) => {
    await using broker = await startFleetBroker(authorities);
    const { log } = await device(t, broker?.url as URL, files("counter-7"));
    const options = { brokerUrl: broker?.carriersUrl as URL, key, tls };
    await using carrier = await openCarrier({ ...options, device: "counter-7" });
    t.equal(decided((await carrier.verify(askWith(photo))).claims), "match");
    const sharedMs = performance.now();
    const troubles: unknown[] = [];
    const onTrouble = (trouble: unknown) => void troubles.push(trouble);
    await using shared = await openFleet({ ...options, share: "group", onTrouble });
    t.equal((await shared.device("counter-7").verify(askWith(photo))).claims.seq, 2, "also by response topic");
    t.equal(count(log, "broker_denied"), 0);
    const other = await device(t, broker?.url as URL, files("counter-8"), "counter-9");
    t.ok(await until(() => count(other.log, "broker_denied") === 1), "another camera's name is no use");
    const old = await device(t, broker?.url as URL, files("counter-9"), "counter-9");
    t.ok(await until(() => count(old.log, "broker_unreachable") === 1));
    await sleep(1_000);
    t.equal(count(old.log, "broker_connected"), 0, "an expired certificate does not connect");
    t.match(old.log.find(({ event }) => event === "broker_unreachable")?.["reason"], /expired/);
    t.equal(count(old.log, "broker_unreachable"), 1, "and is told once");
    await until(() => troubles.length > 0, Math.max(0, sharedMs + 3_500 - performance.now()));
    t.same(troubles, [], "the probe of shared subscriptions is allowed, too");
  });
  await t.test("a broker that lets us hear nothing, or report nothing", async (t) => {
    await using deaf = await startFleetBroker(authorities, (acl) => acl.replace("readwrite", "write"));
    const heard = await device(t, deaf?.url as URL, files("counter-7"));
    t.ok(await until(() => count(heard.log, "broker_denied") === 1, 8_000), "a filtered subscription is noticed");
    await using mute = await startFleetBroker(authorities, (acl) =>
      acl.replace("pattern write matchlight/v1/%u/report", ""),
    );
    const { log } = await device(t, mute?.url as URL, files("counter-7"));
    await using carrier = await openCarrier({ brokerUrl: mute?.carriersUrl as URL, key, tls, device: "counter-7" });
    const asked = carrier.verify(askWith(photo)).catch(() => undefined);
    t.ok(await until(() => count(log, "broker_denied") === 1, 8_000), "a denied report is noticed");
    await until(() => false, 1_500);
    t.match(await carrier.status(), { faults: ["broker_denied"] });
    t.equal(count(log, "broker_denied"), 1);
    void asked;
  });
  await t.test("a broker that shows a wrong or an expired certificate is not trusted", async (t) => {
    await using other = await makeAuthorities();
    await using broker = await startFleetBroker(other);
    const wrong = await device(t, broker?.url as URL, files("counter-7"));
    t.ok(await until(() => count(wrong.log, "broker_unreachable", { code: "untrusted" }) === 1), "a wrong authority");
    await using late = await makeAuthorities(-1);
    await using expired = await startFleetBroker(late);
    const environment = { MATCHLIGHT_BROKER_CA: join(late.cameras.folder, "ca.crt") };
    const { log } = await device(t, expired?.url as URL, environment);
    t.ok(await until(() => count(log, "broker_unreachable", { code: "untrusted" }) === 1), "an expired certificate");
    t.match(log.find(({ event }) => event === "broker_unreachable")?.["reason"], /expired/);
  });
});

const filesOf = ({ cameras }: TestAuthorities, name: string) => ({
  MATCHLIGHT_BROKER_CA: join(cameras.folder, "ca.crt"),
  MATCHLIGHT_BROKER_CERT: join(cameras.folder, `${name}.crt`),
  MATCHLIGHT_BROKER_KEY: join(cameras.folder, `${name}.key`),
});

/** A client with a certificate, on its best to be `clientId`. Whether it is connected within a second or two. */
async function connects(t: Test, url: URL, clientId: string, tls: Tls): Promise<boolean> {
  const client = openMqttClient({ url, clientId, tls, subscribe: [] });
  t.teardown(() => client[Symbol.asyncDispose]());
  return new Promise((resolve) =>
    client.start({ connected: () => resolve(true), lost: () => resolve(false), message: () => undefined }),
  );
}

t.test("a camera's certificate takes no other camera off the air", { skip }, async (t) => {
  await using authorities = await makeAuthorities();
  const { cameras, carriers } = authorities;
  const foreign = await cameras.certificate("counter-8");
  await cameras.certificate("counter-7");
  const [carrier, forged] = [await carriers.certificate("carrier"), await cameras.certificate("carrier")];
  await using broker = await startFleetBroker(authorities);
  const { url, carriersUrl } = broker as FleetBroker;
  const { log } = await device(t, url, filesOf(authorities, "counter-7"));
  t.ok(await until(() => count(log, "broker_connected") === 1));
  t.ok(await connects(t, url, "counter-7", foreign), "it connects under its own id, whatever it says");
  // The broker's certificate is trusted in each case: it is the client's that is not.
  const shown = (who: Tls, to: Tls) => ({ ...who, ca: to.ca as string });
  t.notOk(await connects(t, carriersUrl, "counter-7", shown(foreign, carrier)), "no camera among the carriers");
  t.notOk(await connects(t, carriersUrl, "counter-7", shown(forged, carrier)), "whatever its name is");
  t.notOk(await connects(t, url, "counter-7", shown(carrier, foreign)), "and no carrier among the cameras");
  await using asker = await openCarrier({ brokerUrl: carriersUrl, key, tls: carrier, device: "counter-7" });
  t.equal(decided((await asker.verify(askWith(photo))).claims), "match");
  t.equal(count(log, "broker_unreachable"), 0, "the camera was never disconnected");
});

t.test("a device that never reached its broker stops within five seconds", async (t) => {
  const server = (await import("node:net")).createServer(() => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const dataFolder = join(t.testdir({}), "data");
  const url = new URL(`mqtt://127.0.0.1:${port}`);
  const { device } = await openSynthetic({ brokerUrl: url, name: "counter-7", carrier: key, dataFolder });
  await sleep(200);
  const since = performance.now();
  await device[Symbol.asyncDispose]();
  t.ok(performance.now() - since < 5_000);
  server.close();
});
