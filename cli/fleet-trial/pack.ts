import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SignedPack } from "../../carrier/client.ts";
import { packFolder } from "../../device/process/package-folder.ts";
import { type Manifest, readManifest } from "../../models/pack/manifest.ts";
import { makePack } from "../pack/make.ts";
import { signPack } from "../pack/signed.ts";
import type { Stage } from "./stage.ts";

/** The float pack, which no camera has yet, with a card and the publisher's signature. */
export async function signedPack({ media, fleet, folder }: Stage): Promise<SignedPack> {
  const at = join(folder, "pack");
  const photos = {
    reference: media.path("franck_02221.jpg"),
    same: media.path("franck_01829.jpg"),
    other: media.path("audrey.jpg"),
  };
  await makePack(packFolder("fp32"), at, photos, LOOK_AT_MOST_MS);
  return signPack(at, fleet.keys.publisher);
}

const LOOK_AT_MOST_MS = 20_000;

/** A signed pack in a folder, and a description of its fault. */
export interface WorsePack {
  readonly at: string;
  readonly hash: string;
  readonly mistake: string;
}

/** The fault: faces are prepared in another way than in the network's training, so pictures of one person are less similar. */
const MISPREPARED = { preprocessing: { colour: "bgr", mean: 127.5, scale: 24 }, sharpening: 2 } as const;
const THRESHOLD = 0.88;

/**
 * The same networks with wrong preparation. The publisher measured threshold and card with one picture as both the ID photo and
 * the camera's frame, so no camera can find the fault with the card. The pack rejects the right person.
 */
export async function worsePack({ media, fleet, folder }: Stage): Promise<WorsePack> {
  const [draft, at] = [join(folder, "worse-draft"), join(folder, "worse-pack")];
  await mkdir(draft, { recursive: true });
  const from = packFolder("fp32");
  const manifest = worse(JSON.parse(await readFile(join(from, "manifest.json"), "utf8")));
  const read = readManifest(manifest);
  if ("problems" in read) throw new Error(`the worse pack would be refused: ${read.problems.join("; ")}`);
  for (const { file } of Object.values(manifest.networks)) await cp(join(from, file), join(draft, file));
  await writeFile(join(draft, "manifest.json"), JSON.stringify(manifest));
  const photo = media.path("franck_02221.jpg");
  await makePack(draft, at, { reference: photo, same: photo, other: media.path("audrey.jpg") }, LOOK_AT_MOST_MS);
  await rm(draft, { recursive: true });
  const { claims } = await signPack(at, fleet.keys.publisher);
  return { at, hash: claims.hash, mistake: `faces prepared wrongly, threshold ${THRESHOLD} of copies of one picture` };
}

function worse(manifest: Manifest): Manifest {
  const { embedder } = manifest.networks;
  const [evaluation] = manifest.evaluations;
  const [threshold] = manifest.thresholds;
  if (!evaluation || !threshold) throw new Error("the pack has no threshold");
  const { set, reference, impostorPairs } = evaluation;
  const none = [0, 3 / impostorPairs] as [number, number];
  return {
    ...manifest,
    id: "worse",
    networks: { ...manifest.networks, embedder: { ...embedder, ...MISPREPARED } },
    thresholds: [{ ...threshold, set, reference, impostorPairs, similarity: THRESHOLD, fmrInterval95: none }],
    evaluations: [{ ...evaluation, impostorsReached: [...evaluation.impostorsReached, [THRESHOLD, 0]] }],
  };
}
