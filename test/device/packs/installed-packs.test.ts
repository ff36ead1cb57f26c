import { createHash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { openSwappableInference } from "../../../device/inference/swappable-inference.ts";
import { openPacks } from "../../../device/packs/installed-packs.ts";
import { type Change, openStore } from "../../../device/storage/store.ts";
import { monotonicMs } from "../../../drivers/monotonic.ts";
import type { PackClaims } from "../../../protocol/messages/command-contract.ts";
import { cannotMount, smallDisk } from "../../support/mounts.ts";
import { syntheticInference } from "../../support/synthetic.ts";

const skip = cannotMount();
const READY = "a".repeat(64);

/** The packs of a device that has one ready which nobody has activated yet. */
async function packsIn(t: Test, dataFolder: string) {
  const store = await openStore(join(dataFolder, "ledger"));
  t.teardown(() => store[Symbol.asyncDispose]());
  const folder = join(dataFolder, "packs");
  await mkdir(join(folder, READY), { recursive: true });
  await writeFile(join(folder, READY, "embedder.onnx"), Buffer.alloc(1_000_000));
  const packs = openPacks({
    folder,
    store,
    releaseFolder: "",
    runtime: "onnx",
    environment: {},
    running: "release",
    publisher: undefined,
    swappable: openSwappableInference(syntheticInference()),
    nowMs: monotonicMs,
    begun: () => 0,
    fmr: () => 0.001,
    between: (work) => work(),
    replaced: async () => undefined,
  });
  return { packs, store, names: () => readdir(folder) };
}

/** A pack of one file that is no manifest: it is refused as soon as it is whole. */
function emptyPack(sizeBytes: number, fill: string) {
  const data = Buffer.alloc(sizeBytes, fill);
  const hash = createHash("sha256").update(data).digest("hex");
  const files = [{ name: "manifest.json", sizeBytes, sha256: hash }];
  const claims: PackClaims = { v: 1, iat: 0, id: "empty", version: "1", hash, files };
  return { claims, hash, data };
}

const remembering = (key: string): readonly Change[] => [{ type: "put", key, value: true }];

t.test("an offer that is refused leaves the transfer before it and the packs that are ready", { skip }, async (t) => {
  const { packs, store, names } = await packsIn(t, smallDisk(t, "24m").folder);
  const [small, large] = [emptyPack(1_000_000, "s"), emptyPack(6_000_000, "l")];
  t.equal(await packs.offer(small.claims, "small.pack.token", remembering("small")), "working");
  const chunk = (from: number, to: number) => ({
    hash: small.hash,
    offset: from,
    data: small.data.subarray(from, to),
  });
  t.equal(await packs.take(chunk(0, 400_000)), "working");
  const before = { reported: await packs.reported(), names: await names() };
  await t.rejects(packs.offer(large.claims, "large.pack.token", remembering("large")), { code: "storage_failed" });
  t.same({ reported: await packs.reported(), names: await names() }, before);
  t.same([store.get("small"), store.get("large")], [true, undefined], "what is remembered of an offer, too");
  t.match(before.reported, { incoming: { hash: small.hash, receivedBytes: 400_000 }, ready: [READY] });
  t.equal(await packs.take(chunk(400_000, 500_000)), "working", "and it goes on");
});

t.test("a pack that is refused when it is whole leaves nothing, and takes nothing away", async (t) => {
  const { packs, names } = await packsIn(t, t.testdir({}));
  const { claims, hash, data } = emptyPack(1_000, "x");
  await packs.offer(claims, "bad.pack.token", []);
  await t.rejects(packs.take({ hash, offset: 0, data }), { code: "pack_invalid" });
  t.same(await names(), [READY]);
  t.notOk((await packs.reported()).incoming);
});

t.test("a pack that needs the room of one that is only ready gets it", { skip }, async (t) => {
  const { packs, names } = await packsIn(t, smallDisk(t, "24m").folder);
  const other = emptyPack(4_300_000, "o");
  t.equal(await packs.offer(other.claims, "other.pack.token", []), "working");
  t.same(await names(), ["incoming"]);
});
