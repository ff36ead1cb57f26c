import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { type Operator, openOperator, type SignedPack } from "../../carrier/client.ts";
import { chipPhoto } from "../../cli/demo/chip.ts";
import type { Environment } from "../../device/settings/environment.ts";
import { generatePrivateJwk, type JWK, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, TYPES, topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { media } from "../support/media.ts";
import { askWith, decided, setTestStage, TEST_DEVICE } from "../support/stage.ts";
import { editJson, makeTestPack, signAnyway, signedCopy, spoilNetwork } from "../support/test-pack.ts";

const folder = t.testdir({});
const good = await makeTestPack(join(folder, "good"));

const operatorKey = await generatePrivateJwk("signing");
/** The publisher's key, which signs packs. */
const key = await generatePrivateJwk("signing");
const publicHalf = ({ d: _, ...open }: JWK) => JSON.stringify(open);
const MANAGED = { MATCHLIGHT_OPERATOR_KEY: publicHalf(operatorKey), MATCHLIGHT_PACK_KEY: publicHalf(key) };

async function stage(t: Parameters<typeof setTestStage>[0], environment: Environment = MANAGED) {
  const staged = await setTestStage(t, { camera: `film:${media.path("franck.mp4")}`, environment });
  const operator = await openOperator({ brokerUrl: staged.broker.url, device: TEST_DEVICE, key: operatorKey });
  t.teardown(() => operator[Symbol.asyncDispose]());
  return { ...staged, operator };
}

/** What health says of the pack, once it says so of the one that is meant: it is told a moment after the answer. */
async function packInHealth(operator: Operator, hash: string) {
  let told = await operator.health();
  for (let i = 0; i < 50 && told.pack?.hash !== hash; i++, told = await operator.health()) await sleep(100);
  return told.pack;
}

/** What is in force, and what lies on the disk. */
async function state(operator: Operator, dataFolder: string) {
  const { packs } = await operator.command({ type: "config_reset" });
  const names = await readdir(join(dataFolder, "packs")).catch(() => []);
  return { active: packs.active.from, ready: packs.ready.length, names };
}

t.test("no bad pack becomes active or even ready, and each is refused by name", async (t) => {
  const { operator, dataFolder } = await stage(t);
  const stranger = await generatePrivateJwk("signing");
  const make = (name: string, change?: (folder: string) => Promise<void>) =>
    signedCopy(good, join(folder, name), key, change);
  const shape = async (at: string) =>
    editJson(join(at, "manifest.json"), (manifest) => {
      const networks = manifest["networks"] as Record<string, object>;
      const input = { name: "input", shape: [1, 3, 120, 160] };
      return { ...manifest, networks: { ...networks, detector: { ...networks["detector"], input } } };
    });
  const whole = await make("whole");
  const anyway = async (name: string, more: readonly string[], change: (folder: string) => Promise<void>) => {
    const at = join(folder, name);
    await cp(good, at, { recursive: true });
    await change(at);
    return signAnyway(at, whole, more, key);
  };
  const flipped = { ...whole, bytes: Buffer.from(whole.bytes) };
  flipped.bytes[300_000] = (flipped.bytes[300_000] ?? 0) ^ 1;
  // The embedder's weights, many of them one bit away: still a network that runs.
  const worse = (at: string) =>
    spoilNetwork(at, "embedder", (bytes) => {
      for (let i = 680_000; i < 920_000; i += 3) bytes[i] = (bytes[i] ?? 0) ^ 0x40;
    });
  const noNetwork = (at: string) => spoilNetwork(at, "liveness", (bytes) => bytes.fill(7, 0, 1_000));
  const slow = (at: string) => editJson(join(at, "card.json"), (test) => ({ ...test, lookAtMostMs: 0.001 }));
  const untested = (at: string) => editJson(join(at, "card.json"), (test) => ({ ...test, comparisons: [] }));
  const lax = (at: string) =>
    editJson(join(at, "manifest.json"), (manifest) => {
      const [first] = manifest["thresholds"] as readonly object[];
      return { ...manifest, thresholds: [{ ...first, similarity: 0.125 }] };
    });
  await t.rejects(make("lax", lax), /FMR 0.001 at 0.125/, "the publisher's own tool does not sign it either");
  const bad: readonly (readonly [string, Promise<SignedPack>])[] = [
    ["pack_altered", Promise.resolve(flipped)],
    ["pack_untrusted", signedCopy(good, join(folder, "stranger"), stranger)],
    ["pack_untrusted", signedCopy(good, join(folder, "operator"), operatorKey)],
    ["pack_mismatch", make("shape", shape)],
    ["pack_mismatch", make("broken", noNetwork)],
    ["worse_than_card", make("worse", worse)],
    ["too_slow", make("slow", slow)],
    ["pack_invalid", anyway("untested", [], untested)],
    ["pack_invalid", anyway("laxer", [], lax)],
    ["pack_invalid", anyway("longer", ["more.json"], (at) => writeFile(join(at, "more.json"), "{}"))],
  ];
  for (const [code, making] of bad) {
    const pack = await making;
    const answer = await operator.sendPack(pack);
    t.equal(answer.outcome, "refused", code);
    t.equal(answer.code, code, String(answer.because));
    const refused = await operator.command({ type: "pack_activate", hash: pack.claims.hash });
    t.equal(refused.code, "unknown_pack", `${code}: not to be activated either`);
  }
  t.same(await state(operator, dataFolder), { active: "release", ready: 0, names: [] });
});

t.test("a good pack becomes active on command, verifies, is taken back and put into force again", async (t) => {
  const { operator, carrier, device, dataFolder } = await stage(t);
  const pack = await signedCopy(good, join(folder, "signed"), key);
  // One that was sent before and never activated gives way.
  await mkdir(join(dataFolder, "packs", "a".repeat(64)));
  const before = device.identity.pack;
  const steps: number[] = [];
  const sent = await operator.sendPack(pack, (received) => steps.push(received));
  t.match(sent, { outcome: "done", packs: { active: { from: "release" }, ready: [pack.claims.hash] } });
  t.ok(steps.length > 3, `${steps.length} acknowledgements`);
  t.match(device.identity.pack, before, "sent is not yet in force");
  t.match(await operator.sendPack(pack), { outcome: "done" }, "sent again it is there already");

  const photo = await chipPhoto(media.path("franck_02221.jpg"));
  const running = carrier.verify(askWith(photo, 4_000));
  const activated = await operator.command({ type: "pack_activate", hash: pack.claims.hash });
  const { claims: during } = await running;
  t.equal(during.pack.hash, before.hash, "whoever is being verified is verified with one pack");
  t.match(activated, { outcome: "done", packs: { active: { hash: pack.claims.hash, from: "command" } } });
  // The answer goes to the operator, the identity to the carrier: which of them hears first is the broker's affair.
  let said = await carrier.identity();
  for (let i = 0; i < 50 && said.pack.hash === before.hash; i++, said = await carrier.identity()) await sleep(100);
  t.equal(said.pack.hash, pack.claims.hash, "the identity says so");
  const { id, version, hash } = pack.claims;
  t.same(await packInHealth(operator, hash), { id, version, hash }, "health says so");
  const { claims: after } = await carrier.verify(askWith(photo));
  t.equal(decided(after), "match");
  t.equal(after.pack.hash, pack.claims.hash);

  t.match(await operator.command({ type: "pack_rollback" }), { outcome: "done", packs: { active: before } });
  t.match(await packInHealth(operator, before.hash), before, "health follows");
  const { claims: back } = await carrier.verify(askWith(photo));
  t.equal(decided(back), "match");
  t.equal(back.pack.hash, before.hash);
  t.match(await operator.command({ type: "pack_rollback" }), { packs: { active: { hash: pack.claims.hash } } });
});

t.test("a pack that was damaged on the disk can be sent again", async (t) => {
  const { operator, dataFolder } = await stage(t);
  const pack = await signedCopy(good, join(folder, "damaged"), key);
  await operator.sendPack(pack);
  const network = join(dataFolder, "packs", pack.claims.hash, "landmarks.onnx");
  const bytes = await readFile(network);
  bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
  await writeFile(network, bytes);
  t.match(await operator.command({ type: "pack_activate", hash: pack.claims.hash }), { outcome: "refused" });
  const steps: number[] = [];
  t.match(await operator.sendPack(pack, (received) => steps.push(received)), { outcome: "done" });
  t.ok(steps.length > 3, "it came anew");
  t.match(await operator.command({ type: "pack_activate", hash: pack.claims.hash }), { outcome: "done" });
});

t.test("a command that comes twice is done once, and a stranger's never", async (t) => {
  const { operator, broker } = await stage(t);
  const pack = await signedCopy(good, join(folder, "twice"), key);
  await operator.sendPack(pack);
  await operator.command({ type: "pack_activate", hash: pack.claims.hash });
  await using link = openMqttClient({ url: broker.url, clientId: "again", subscribe: [] });
  await new Promise<void>((resolve) =>
    link.start({ connected: () => resolve(), lost: () => undefined, message: () => undefined }),
  );
  const iat = Math.floor(Date.now() / 1000);
  const claims = { v: 1, jti: "rollback-1234", iss: "x", aud: TEST_DEVICE, iat, exp: iat + 60, type: "pack_rollback" };
  const token = await sign(claims, TYPES.command, await readPrivateKey(operatorKey, "signing"));
  const { command } = topicsOf(DEFAULT_TOPICS, TEST_DEVICE);
  for (let i = 0; i < 2; i++) await link.publish({ topic: command, payload: token, qos: 1, retain: false });
  const { packs } = await operator.command({ type: "config_reset" });
  t.equal(packs.active.from, "release", "rolled back once, not there and back");

  await using stranger = await openOperator({
    brokerUrl: broker.url,
    device: TEST_DEVICE,
    key: await generatePrivateJwk("signing"),
  });
  t.match(await stranger.command({ type: "pack_rollback" }), { outcome: "refused", code: "bad_signature" });
  t.match(await operator.command({ type: "pack_activate", hash: "0".repeat(64) }), { code: "unknown_pack" });
});

t.test("without an operator's key every command is refused; without a publisher's every pack is", async (t) => {
  const closed = await stage(t, {});
  t.match(await closed.operator.command({ type: "config_reset" }), { outcome: "refused", code: "management_off" });
  const pack = await signedCopy(good, join(folder, "unwanted"), key);
  t.match(await closed.operator.sendPack(pack), { outcome: "refused", code: "management_off" });

  const managed = await stage(t, { MATCHLIGHT_OPERATOR_KEY: publicHalf(operatorKey) });
  t.match(await managed.operator.sendPack(pack), { code: "pack_untrusted", because: /MATCHLIGHT_PACK_KEY/ });
  t.match(await managed.operator.command({ type: "config_reset" }), { outcome: "done" });
});

t.test("a publisher who is trusted no longer loses the packs that were sent", async (t) => {
  const kept = { MATCHLIGHT_DATA_DIR: join(folder, "kept") };
  const { operator, device } = await stage(t, { ...MANAGED, ...kept });
  const pack = await signedCopy(good, join(folder, "once-trusted"), key);
  await operator.sendPack(pack);
  t.match(await operator.command({ type: "pack_activate", hash: pack.claims.hash }), { outcome: "done" });
  await device[Symbol.asyncDispose]();
  const other = { ...MANAGED, MATCHLIGHT_PACK_KEY: publicHalf(await generatePrivateJwk("signing")) };
  const next = await stage(t, { ...other, ...kept });
  t.equal(next.device.identity.pack.id, "int8");
  t.not(next.device.identity.pack.hash, pack.claims.hash, "the release's pack takes its place");
  const refused = await next.operator.command({ type: "pack_activate", hash: pack.claims.hash });
  t.match(refused, { outcome: "refused", code: "pack_untrusted" });
  t.match((await next.operator.status()).faults, ["pack_set_aside"]);
});
