import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { approveRenewal, readFleetKeys } from "../../../carrier/approval.ts";
import type { Registered } from "../../../carrier/enrolment.ts";
import { certificateLife } from "../../../device/management/certificate-life.ts";
import { type Provisioned, readProvisioned } from "../../../device/management/provisioned.ts";
import { openRenewal } from "../../../device/management/renew.ts";
import { openTlsPairs } from "../../../device/management/tls-pairs.ts";
import { openLog } from "../../../device/process/log.ts";
import { generatePrivateJwk, type JWK, readKeySet, readPrivateKey } from "../../../protocol/encoding/tokens.ts";
import { type Authority, issueCertificate, requestCertificate } from "../../../protocol/identity/certificates.ts";
import { makeTlsKey } from "../../../protocol/identity/tls-key.ts";
import { makeAuthority } from "../../support/broker.ts";
import { until } from "../../support/until.ts";

const DAY_MS = 86_400_000;
const device = "counter-7";

t.test("until the new certificate has connected, both are tried in turn", async (t) => {
  const [old, next] = [
    { certificate: "old", key: "k1" },
    { certificate: "new", key: "k2" },
  ];
  const pairs = openTlsPairs("ca", old);
  t.same(
    [pairs.next(), pairs.next()].map(({ cert }) => cert),
    ["old", "old"],
  );
  pairs.replace(next);
  t.same(
    [pairs.next(), pairs.next(), pairs.next()].map(({ cert }) => cert),
    ["new", "old", "new"],
  );
  pairs.connected();
  t.same(
    [pairs.next(), pairs.next()].map(({ cert }) => cert),
    ["new", "new"],
    "the old one is given up",
  );
  const kept = openTlsPairs("ca", next, old);
  kept.next();
  t.equal(kept.next().cert, "old", "also after a new start");
  kept.connected();
  t.equal(kept.next().cert, "old", "the one that works comes first");
});

t.test("the pair in use is the one that connected, and a fall-back to the one before is told once", async (t) => {
  const [old, next] = [
    { certificate: "old", key: "k1" },
    { certificate: "new", key: "k2" },
  ];
  const told: string[] = [];
  const pairs = openTlsPairs("ca", old, undefined, ({ certificate }) => told.push(certificate));
  pairs.next();
  pairs.connected();
  pairs.replace(next);
  t.equal(pairs.current().certificate, "new", "it is on its way");
  for (let connections = 0; connections < 3; connections++) {
    while (pairs.next().cert !== "old");
    pairs.connected();
    t.equal(pairs.current().certificate, "old");
  }
  t.same(told, ["old"]);
  pairs.next();
  t.equal(pairs.next().cert, "new", "it is tried again when the old one does not connect");
  pairs.connected();
  t.equal(pairs.current().certificate, "new");
});

async function authorityOf(folder: string) {
  const file = (name: string) => readFile(join(folder, name), "utf8");
  return { certificate: await file("ca.crt"), key: await file("ca.key"), days: 30 };
}

/** A camera's request for certificates, and how an authority issues them at a time. */
async function certificates(authority: Authority) {
  const key = await makeTlsKey();
  const request = await requestCertificate(device, key);
  return { key, issue: (atMs: number) => issueCertificate(request, authority, 30, atMs) };
}

t.test("a camera renews from two thirds of a life, each at its own time", async (t) => {
  await using made = await makeAuthority();
  const { issue } = await certificates(await authorityOf(made.folder));
  const lives = await Promise.all(Array.from({ length: 20 }, async () => certificateLife(await issue(Date.now()))));
  const parts = lives.map(({ fromMs, toMs, renewAtMs }) => (renewAtMs - fromMs) / (toMs - fromMs));
  t.ok(
    parts.every((part) => part >= 2 / 3 && part < 0.77),
    parts.join(" "),
  );
  t.ok(Math.max(...parts) - Math.min(...parts) > 0.03, "not all at once");
});

/** An operator's keys, as a fleet file and as a camera have them. */
async function operatorKeys() {
  const jwk = await generatePrivateJwk("signing");
  const { public: published } = await readPrivateKey(jwk, "signing");
  const fleet = await readFleetKeys({ operator: jwk, broker: { url: "mqtts://b" }, carrier: published as never });
  return { published, fleet };
}

/** A camera with a certificate, and what it asks for. */
async function openCamera(data: string, key: string, operator: JWK) {
  const [signing, sealing] = [
    await readPrivateKey(await generatePrivateJwk("signing"), "signing"),
    await readPrivateKey(await generatePrivateJwk("sealing"), "sealing"),
  ];
  const asked: string[] = [];
  let reconnects = 0;
  const open = async (certificate: string) => {
    const pairs = openTlsPairs(undefined, { certificate, key });
    const broker = { url: "mqtts://b" };
    const provisioned = { v: 1, device, shop: "S", broker, carrier: operator, operator, certificate, key };
    const renewal = openRenewal({
      dataFolder: data,
      provisioned: provisioned as unknown as Provisioned,
      pairs,
      keys: { signing, sealing },
      operator: await readKeySet(operator),
      wallMs: Date.now,
      log: openLog("silent", device),
      ask: async (token) => void asked.push(token),
      reconnect: async () => void reconnects++,
    });
    return { renewal, pairs };
  };
  return { open, asked, pin: signing.public.kid ?? "", reconnects: () => reconnects };
}

t.test("a camera renews with its registered key and a new one, as its operator approves, and once", async (t) => {
  const data = t.testdir({});
  await using made = await makeAuthority();
  const authority = await authorityOf(made.folder);
  const { key, issue } = await certificates(authority);
  const { published, fleet } = await operatorKeys();
  const camera = await openCamera(data, key, published);
  const young = await camera.open(await issue(Date.now()));
  await young.renewal.check();
  await young.renewal[Symbol.asyncDispose]();
  t.same(camera.asked, [], "not before its time");

  const old = await issue(Date.now() - 25 * DAY_MS);
  const { renewal, pairs } = await camera.open(old);
  t.ok(await until(() => camera.asked.length > 0));
  const token = camera.asked.at(-1) ?? "";
  const known: Registered = { device, shop: "S", pin: camera.pin, sealing: "", enrolledAt: "" };
  await t.rejects(approveRenewal({ token, known: undefined, authority, fleet }), { message: /not registered/ });
  await t.rejects(approveRenewal({ token, known: { ...known, pin: "x" }, authority, fleet }), {
    message: /another key/,
  });
  const stranger = await readFleetKeys({ ...fleet, operator: await generatePrivateJwk("signing") });
  const forged = await approveRenewal({ token, known, authority, fleet: stranger });
  await renewal.take(Buffer.from(forged.message));
  await renewal.take(Buffer.from("junk"));
  t.equal(pairs.current().certificate, old, "what is not the operator's changes nothing");
  t.equal(await readProvisioned(data), undefined);

  const { message, certificate } = await approveRenewal({ token, known, authority, fleet });
  await renewal.take(Buffer.from(message));
  const stored = await readProvisioned(data);
  t.equal(stored?.certificate, certificate);
  t.match(stored?.previous, { certificate: old, key }, "the pair before is kept until the new one has connected");
  t.equal(pairs.current().certificate, certificate);
  t.equal(camera.reconnects(), 1);
  await renewal.take(Buffer.from(message));
  t.equal(camera.reconnects(), 1, "an approval is taken once");

  const before = camera.asked.length;
  pairs.next();
  t.equal(pairs.next().cert, old, "the broker refuses the new one");
  pairs.connected();
  await renewal.check();
  t.equal(camera.asked.length, before, "it does not ask at each connection");
  await renewal[Symbol.asyncDispose]();
});
