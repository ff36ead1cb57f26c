import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openIncoming } from "../../device/packs/upload.ts";
import { ACCEPTANCE_CARD_FILE, readAcceptanceCard } from "../../models/pack/acceptance-card.ts";
import { ModelError } from "../../models/pack/errors.ts";
import type { Manifest } from "../../models/pack/manifest.ts";
import { readPack } from "../../models/pack/pack.ts";
import { type KeySet, type PrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { COMMAND_LIMITS } from "../../protocol/messages/command-contract.ts";
import { TYPES } from "../../protocol/messages/contract.ts";
import { CommandRefusal, readPackToken } from "../../protocol/readers/command-reader.ts";
import { readChunk, writeChunk } from "../../protocol/readers/pack-chunk.ts";
import { SHIPPED_PACK } from "./pack.ts";
import { bytesOf, changed, nested } from "./spoilt-values.ts";

/** Receives model packs with something spoilt, as a device does that an operator sends one to. */
export interface PackFuzz extends AsyncDisposable {
  /** A refusal's code, `pack complete`, or `untyped` with the error. */
  receive(random: () => number): Promise<string>;
}

type Files = ReadonlyMap<string, Buffer>;

export async function openPackFuzz(publisher: PrivateKey, publishers: KeySet): Promise<PackFuzz> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-packs-"));
  const whole = await smallPack();
  return {
    async receive(random) {
      try {
        const files = random() < 0.7 ? spoilFile(whole, random) : whole;
        await receivePack(folder, files, { publisher, publishers, random });
        return "pack complete";
      } catch (error) {
        if (error instanceof CommandRefusal || error instanceof ModelError) return `pack ${error.code}`;
        return `untyped ${error}`;
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The shipped manifest with networks of a few bytes, and a card. */
async function smallPack(): Promise<Files> {
  const manifest: Manifest = JSON.parse(await readFile(join(SHIPPED_PACK, "manifest.json"), "utf8"));
  const networks = Object.entries(manifest.networks).map(([name, entry]) => [name, entry, Buffer.from(name)] as const);
  const small = networks.map(([name, entry, bytes]) => [
    name,
    { ...entry, sizeBytes: bytes.length, sha256: sha256(bytes) },
  ]);
  const comparison = { reference: "a", probe: "b", similarity: 0.7, liveness: 0.9, tolerance: 0.1 };
  const card = {
    format: 1,
    pictures: { a: "AAAA", b: "AAAA" },
    comparisons: [true, false].map((mated) => ({ ...comparison, mated })),
    lookAtMostMs: 1_000,
  };
  return new Map([
    ["manifest.json", Buffer.from(JSON.stringify({ ...manifest, networks: Object.fromEntries(small) }))],
    [ACCEPTANCE_CARD_FILE, Buffer.from(JSON.stringify(card))],
    ...networks.map(([, { file }, bytes]) => [file, bytes] as const),
  ]);
}

/** One file is another one: bytes, values, or JSON that is nested or long. */
function spoilFile(files: Files, random: () => number): Files {
  const name = [...files.keys()][Math.floor(random() ** 2 * files.size)] ?? "";
  const bytes = files.get(name) ?? Buffer.alloc(0);
  if (random() < 0.3 || !name.endsWith(".json")) return new Map(files).set(name, bytesOf(Buffer.from(bytes), random));
  const text = random() < 0.3 ? nested(random) : JSON.stringify(changed(JSON.parse(bytes.toString()), random));
  return new Map(files).set(name, Buffer.from(text ?? ""));
}

interface Sender {
  readonly publisher: PrivateKey;
  readonly publishers: KeySet;
  readonly random: () => number;
}

/** Token, chunks, files, rules: the way of a pack. Throws CommandRefusal or ModelError. */
async function receivePack(folder: string, files: Files, { publisher, publishers, random }: Sender): Promise<void> {
  const entries = [...files].map(([name, bytes]) => ({ name, sizeBytes: bytes.length, sha256: sha256(bytes) }));
  const claims = { v: 1, iat: 1, id: "fuzzed", version: "1.0.0", hash: entries[0]?.sha256 ?? "", files: entries };
  const signed = random() < 0.3 ? { claims: changed(claims, random) } : claims;
  const token = await sign("claims" in signed ? Object(signed.claims) : signed, TYPES.pack, publisher);
  const pack = await readPackToken(token, publishers);
  // Each step is synced to the disk, which takes longer than all others: not every pack is sent in pieces.
  if (random() < 0.1)
    return readFolder(await sendInPieces(folder, Buffer.concat([...files.values()]), token, pack, random));
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  await readFolder(folder);
}

async function readFolder(folder: string): Promise<void> {
  await readPack(folder);
  await readAcceptanceCard(folder);
}

async function sendInPieces(
  folder: string,
  bytes: Buffer,
  token: string,
  pack: Awaited<ReturnType<typeof readPackToken>>,
  random: () => number,
): Promise<string> {
  const settled = async () => undefined;
  const incoming = await openIncoming({ packs: join(folder, "packs"), pack, token, removable: [], settled });
  try {
    for (let offset = 0; offset < bytes.length; offset += COMMAND_LIMITS.chunkBytes.most) {
      const data = bytes.subarray(offset, offset + COMMAND_LIMITS.chunkBytes.most);
      const message = writeChunk({ hash: pack.hash, offset, data });
      for (const sent of random() < 0.3 ? [bytesOf(Buffer.from(message), random), message] : [message]) {
        const chunk = readChunk(sent);
        if (chunk) await incoming.take(chunk);
      }
    }
    return await incoming.unpack();
  } catch (error) {
    await incoming.drop();
    throw error;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
