import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchPublished } from "../../cli/published.ts";
import { QuantiseError } from "../../models/onnx/errors.ts";
import type { Manifest } from "../../models/pack/manifest.ts";
import type { NetworkName } from "../../models/pack/pack.ts";

/** The origin of all four float networks. Installing it would install 600 packages, so it is only downloaded. */
const PACKAGE = {
  spec: "faceplugin-face-recognition-js@0.0.1",
  integrity: "sha512-shriXjd4zJHEwhK1jHK+bWo8Vv6Vu9B/w6RRsd4AFtNM/jaI2vhuOamOSMl9qQmLd8WlQ7dgqN+3C2iOi5pXWw==",
  folder: "package/model",
  what: "the float networks (41 MB)",
};

const FILES: Readonly<Record<NetworkName, string>> = {
  detector: "fr_detect.onnx",
  landmarks: "fr_landmark.onnx",
  embedder: "fr_feature.onnx",
  liveness: "fr_liveness.onnx",
};

/**
 * Fetches the source networks by their integrity. Throws QuantiseError if one is not the network in the float pack's
 * manifest.
 */
export async function fetchSources(
  manifest: Manifest,
  print: (text: string) => void,
): Promise<Readonly<Record<NetworkName, Uint8Array>>> {
  const folder = await fetchPublished(PACKAGE, print);
  const read = async (name: NetworkName) => {
    const bytes = await readFile(join(folder, FILES[name]));
    if (sha256(bytes) === manifest.networks[name].sha256) return bytes;
    throw new QuantiseError(`${FILES[name]} of ${PACKAGE.spec} is not the network of the float pack's manifest`);
  };
  return {
    detector: await read("detector"),
    landmarks: await read("landmarks"),
    embedder: await read("embedder"),
    liveness: await read("liveness"),
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
