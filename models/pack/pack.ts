import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelError } from "./errors.ts";
import { type Manifest, type NetworkEntry, readManifest } from "./manifest.ts";

/** A model pack with verified hashes. */
export interface Pack {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest, hexadecimal. The manifest has the hashes of all networks. */
  readonly hash: string;
  readonly bytes: Readonly<Record<NetworkName, Uint8Array>>;
}

export type NetworkName = keyof Manifest["networks"];

/** The file beside the manifest with the signature of the pack's publisher. The packs of a release have none. */
export const PACK_TOKEN_FILE = "pack.jws";

const MANIFEST_LIMIT_BYTES = 100_000;

/**
 * Reads a pack from a folder with `manifest.json` and its networks. Throws ModelError: `pack_missing`, `pack_invalid`
 * (an invalid manifest) or `pack_altered` (a network with another size or hash).
 */
export async function readPack(folder: string): Promise<Pack> {
  const raw = await readPart(folder, "manifest.json", MANIFEST_LIMIT_BYTES);
  const manifest = parseManifest(folder, raw);
  const { detector, landmarks, embedder, liveness } = manifest.networks;
  return {
    manifest,
    hash: sha256(raw),
    bytes: {
      detector: await readNetwork(folder, detector),
      landmarks: await readNetwork(folder, landmarks),
      embedder: await readNetwork(folder, embedder),
      liveness: await readNetwork(folder, liveness),
    },
  };
}

function parseManifest(folder: string, raw: Uint8Array): Manifest {
  const read = readManifest(parseJson(folder, raw));
  if ("manifest" in read) return read.manifest;
  throw new ModelError("pack_invalid", `the manifest of ${folder} breaks its rules: ${read.problems.join("; ")}`);
}

function parseJson(folder: string, raw: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(raw));
  } catch (cause) {
    throw new ModelError("pack_invalid", `the manifest of ${folder} is not JSON`, { cause });
  }
}

async function readNetwork(folder: string, entry: NetworkEntry): Promise<Uint8Array> {
  const bytes = await readPart(folder, entry.file, entry.sizeBytes);
  if (bytes.length === entry.sizeBytes && sha256(bytes) === entry.sha256) return bytes;
  throw new ModelError(
    "pack_altered",
    `${entry.file} in ${folder} is not the file its manifest names: restore the pack`,
  );
}

async function readPart(folder: string, file: string, limitBytes: number): Promise<Uint8Array> {
  const bytes = await readFile(join(folder, file)).catch((cause: unknown) => {
    throw new ModelError("pack_missing", `${file} of the model pack in ${folder} cannot be read`, { cause });
  });
  if (bytes.length <= limitBytes) return bytes;
  throw new ModelError("pack_altered", `${file} in ${folder} is larger than the ${limitBytes} bytes allowed`);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
