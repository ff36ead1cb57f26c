import { createHash } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SignedPack } from "../../carrier/client.ts";
import { makePack } from "../../cli/pack/make.ts";
import { signPack } from "../../cli/pack/signed.ts";
import { type JWK, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { TYPES } from "../../protocol/messages/contract.ts";
import { media } from "./media.ts";
import { SHIPPED_PACK } from "./pack.ts";

/** Makes a pack with a self-test out of the shipped one, of another version so that it is another pack. */
export async function makeTestPack(folder: string): Promise<string> {
  const photos = {
    reference: media.path("franck_02221.jpg"),
    same: media.path("franck_01829.jpg"),
    other: media.path("audrey.jpg"),
  };
  await makePack(SHIPPED_PACK, folder, photos, 20_000);
  await editJson(join(folder, "manifest.json"), (manifest) => ({ ...manifest, version: "9.0.0" }));
  return folder;
}

/** A signed copy of a pack with something changed before it is signed. */
export async function signedCopy(
  from: string,
  to: string,
  key: JWK,
  change: (folder: string) => Promise<void> = async () => undefined,
): Promise<SignedPack> {
  await cp(from, to, { recursive: true });
  await change(to);
  return signPack(to, key);
}

/** Signs whatever is in a folder, as somebody would who has the key and breaks the rules. */
export async function signAnyway(
  folder: string,
  like: SignedPack,
  more: readonly string[],
  by: JWK,
): Promise<SignedPack> {
  const names = [...like.claims.files.map(({ name }) => name), ...more];
  const parts = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const files = parts.map((part, i) => ({ name: names[i] ?? "", sizeBytes: part.length, sha256: sha256(part) }));
  const hash = files.find(({ name }) => name === "manifest.json")?.sha256 ?? "";
  const claims = { ...like.claims, hash, files };
  const token = await sign(claims, TYPES.pack, await readPrivateKey(by, "signing"));
  return { token, claims, bytes: Buffer.concat(parts) };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export async function editJson(path: string, edit: (json: Record<string, unknown>) => object): Promise<void> {
  await writeFile(path, JSON.stringify(edit(JSON.parse(await readFile(path, "utf8"))), null, 2));
}

/** Changes bytes of a network, and its manifest so that it fits: a pack that is whole, and worse. */
export async function spoilNetwork(folder: string, name: string, spoil: (bytes: Buffer) => void): Promise<void> {
  const path = join(folder, `${name}.onnx`);
  const bytes = await readFile(path);
  spoil(bytes);
  await writeFile(path, bytes);
  await editJson(join(folder, "manifest.json"), (manifest) => {
    const networks = manifest["networks"] as Record<string, object>;
    return { ...manifest, networks: { ...networks, [name]: { ...networks[name], sha256: sha256(bytes) } } };
  });
}
