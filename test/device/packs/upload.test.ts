import { createHash } from "node:crypto";
import { join } from "node:path";
import t from "tap";
import { openIncoming } from "../../../device/packs/upload.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A pack of two files, received whole. */
async function received(packs: string, card: string) {
  const [manifest, cardBytes] = [Buffer.from("{}"), Buffer.from(card)];
  const entry = (name: string, bytes: Buffer) => ({ name, sizeBytes: bytes.length, sha256: sha256(bytes) });
  const files = [entry("manifest.json", manifest), entry("card.json", cardBytes)];
  const pack = { v: 1, iat: 1, id: "test", version: "1.0.0", hash: sha256(manifest), files } as const;
  const settled = async () => undefined;
  const incoming = await openIncoming({ packs, pack, token: `token ${card.length}`, removable: [], settled });
  await incoming.take({ hash: pack.hash, offset: 0, data: Buffer.concat([manifest, cardBytes]) });
  return incoming;
}

t.test("JSON that is nested or long is refused before anything parses it", async (t) => {
  const packs = join(t.testdir({}), "packs");
  const nested = `${"[".repeat(900_000)}${"]".repeat(900_000)}`;
  const long = JSON.stringify("A".repeat(2_000_001));
  for (const card of [nested, long, "{", ""]) {
    const incoming = await received(packs, card);
    await t.rejects(incoming.unpack(), { name: "CommandRefusal", code: "pack_invalid" }, card.slice(0, 10));
    await incoming.drop();
  }
  t.equal(await (await received(packs, '{"a":[[1]]}')).unpack(), join(packs, "unpacking"));
});
