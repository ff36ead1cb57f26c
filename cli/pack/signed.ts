import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SignedPack } from "../../carrier/client.ts";
import { writeWhole } from "../../device/storage/atomic-file.ts";
import { ACCEPTANCE_CARD_FILE, readAcceptanceCard } from "../../models/pack/acceptance-card.ts";
import { PACK_TOKEN_FILE, readPack } from "../../models/pack/pack.ts";
import { type JWK, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { type PackClaims, packSchema } from "../../protocol/messages/command-contract.ts";
import { CONTRACT_VERSION, TYPES } from "../../protocol/messages/contract.ts";

/** Signs a valid pack as its publisher and writes the token beside its files. Throws ModelError. */
export async function signPack(folder: string, key: JWK): Promise<SignedPack> {
  const { manifest, hash } = await readPack(folder);
  await readAcceptanceCard(folder);
  const names = ["manifest.json", ACCEPTANCE_CARD_FILE, ...Object.values(manifest.networks).map(({ file }) => file)];
  const { files, bytes } = await readFiles(folder, names);
  const iat = Math.floor(Date.now() / 1000);
  const claims: PackClaims = { v: CONTRACT_VERSION, iat, id: manifest.id, version: manifest.version, hash, files };
  const token = await sign(packSchema.parse(claims), TYPES.pack, await readPrivateKey(key, "signing"));
  await writeWhole(join(folder, PACK_TOKEN_FILE), token);
  return { token, claims, bytes };
}

/** Reads a signed pack. Throws Error if its files are not those that were signed. The device decides whether to trust the publisher. */
export async function readSignedPack(folder: string): Promise<SignedPack> {
  const token = await readFile(join(folder, PACK_TOKEN_FILE), "utf8").catch((cause: unknown) => {
    throw new Error(`${folder} is not signed yet: matchlight pack sign --pack ${folder} --key …`, { cause });
  });
  const [, payload = ""] = token.split(".");
  const claims = packSchema.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
  const { files, bytes } = await readFiles(
    folder,
    claims.files.map(({ name }) => name),
  );
  const changed = claims.files.find(({ sha256 }, i) => files[i]?.sha256 !== sha256);
  if (changed) throw new Error(`${join(folder, changed.name)} is not the file that was signed: sign the pack again`);
  return { token, claims, bytes };
}

async function readFiles(folder: string, names: readonly string[]) {
  const parts = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const files = parts.map((part, i) => ({
    name: names[i] ?? "",
    sizeBytes: part.length,
    sha256: createHash("sha256").update(part).digest("hex"),
  }));
  return { files, bytes: Buffer.concat(parts) };
}
