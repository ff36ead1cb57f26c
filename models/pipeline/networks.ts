import { ALIGNED_SIZE } from "../detection/align.ts";
import type { Detector } from "../detection/detector.ts";
import { type Embedder, embedderOf } from "../embedding/embedder.ts";
import { type NetworkInput, networkInput, wipe } from "../imaging/network-input.ts";
import type { LivenessNetwork } from "../liveness/texture-liveness.ts";
import { ModelError } from "../pack/errors.ts";
import type { NetworkEntry } from "../pack/manifest.ts";
import type { NetworkName, Pack } from "../pack/pack.ts";
import type { LoadNetwork, Network } from "../runtime/network.ts";

/** The four loaded networks of a pack, each with its input. */
export interface Networks extends AsyncDisposable {
  readonly detector: Detector;
  readonly landmarks: NetworkInput;
  readonly embedder: Embedder;
  readonly liveness: LivenessNetwork;
  /** The memory for the lumas of an aligned face. */
  readonly lumas: Float32Array;
  /** Overwrites the inputs and the lumas, which hold the last picture. */
  wipe(): void;
}

/** The shapes of tensors that the code around each network expects; -1 is any size. */
const SHAPES: Readonly<Record<NetworkName, { readonly input: readonly number[]; readonly outputs: number[][] }>> = {
  detector: {
    input: [1, 3, -1, -1],
    outputs: [
      [1, -1, 2],
      [1, -1, 4],
    ],
  },
  landmarks: { input: [1, 1, -1, -1], outputs: [[1, 136]] },
  embedder: { input: [1, 3, 112, 112], outputs: [[1, -1]] },
  liveness: { input: [1, 3, -1, -1], outputs: [[1, -1]] },
};

/** Loads all networks of a pack. Throws ModelError `network_mismatch`; networks that are already loaded are closed. */
export async function loadNetworks(pack: Pack, load: LoadNetwork): Promise<Networks> {
  const opened: Network[] = [];
  const close = closing(opened);
  const open = async (name: NetworkName) => {
    const entry = pack.manifest.networks[name];
    requireShapes(name, entry);
    const network = await load(pack.bytes[name], entry.input, entry.outputs);
    opened.push(network);
    const [, , height = 0, width = 0] = entry.input.shape;
    return networkInput(network, { ...entry.preprocessing, type: entry.input.type }, width, height);
  };
  try {
    return { ...(await openAll(pack, open)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A function outside `loadNetworks`: a closure there would keep the bytes of the pack in memory as long as the networks. */
function closing(opened: Network[]): () => Promise<void> {
  return async () => {
    for (const network of opened.splice(0).reverse()) await network.close();
  };
}

type Open = (name: NetworkName) => Promise<NetworkInput>;

async function openAll({ manifest }: Pack, open: Open): Promise<Omit<Networks, typeof Symbol.asyncDispose>> {
  const { crop = "detector_box", context, bonaFideClass, mirrored = false } = manifest.networks.liveness;
  const detector = { ...(await open("detector")), minimumScore: manifest.networks.detector.minimumScore };
  const landmarks = await open("landmarks");
  const embedder = embedderOf(await open("embedder"), manifest.networks.embedder);
  const liveness = { ...(await open("liveness")), crop, context, bonaFideClass, mirrored };
  const lumas = new Float32Array(ALIGNED_SIZE * ALIGNED_SIZE);
  const all = [detector, landmarks, embedder, liveness];
  const wipeMemory = () => {
    all.forEach(wipe);
    embedder.sharpener.wipe();
    lumas.fill(0);
  };
  return { detector, landmarks, embedder, liveness, lumas, wipe: wipeMemory };
}

/** A region of a picture is drawn on a canvas of at most this many pixels on each side (models/native/faces.h). */
const CANVAS_AT_MOST = 2048;

function requireShapes(name: NetworkName, entry: NetworkEntry): void {
  const wanted = SHAPES[name];
  const agree =
    fits(entry.input.shape, wanted.input) &&
    entry.input.shape.every((size) => size <= CANVAS_AT_MOST) &&
    entry.outputs.length === wanted.outputs.length &&
    entry.outputs.every((output, i) => fits(output.shape, wanted.outputs[i] ?? []));
  if (!agree) throw new ModelError("network_mismatch", `the manifest gives the ${name} shapes that no ${name} has`);
}

function fits(shape: readonly number[], wanted: readonly number[]): boolean {
  return shape.length === wanted.length && shape.every((size, i) => wanted[i] === -1 || wanted[i] === size);
}
