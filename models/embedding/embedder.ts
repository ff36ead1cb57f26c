import type { Image } from "../imaging/image.ts";
import { type NetworkInput, showWhole } from "../imaging/network-input.ts";
import type { Manifest } from "../pack/manifest.ts";
import { newSharpener, type Sharpener } from "./sharpen.ts";

/** The features of one face, of length 1; biometric data: keep it in memory, overwrite it, never write it anywhere. */
export type Template = Float32Array & { readonly __brand?: "template" };

/**
 * A face that is followed without the detector must be this much like the one before. Consecutive pictures of one person
 * score 0.9 and more, two people below 0.65, and what is not a face near 0.
 */
export const SAME_PERSON = 0.65;

/** The embedder, and what a pack says is to be done before it. */
export interface Embedder extends NetworkInput {
  readonly sharpener: Sharpener;
}

/** Adds to a network what the embedder's entry in the manifest says of it. */
export function embedderOf(network: NetworkInput, { sharpening = 0 }: EmbedderEntry): Embedder {
  const { width, height } = network.canvas;
  return { ...network, sharpener: newSharpener(width, height, sharpening) };
}

type EmbedderEntry = Manifest["networks"]["embedder"];

/** Turns an aligned 112×112 face into a template. */
export async function embed(embedder: Embedder, aligned: Image): Promise<Template> {
  const [features = new Float32Array(0)] = await showWhole(embedder, embedder.sharpener.sharpen(aligned));
  return normalise(features);
}

function normalise(features: Float32Array): Float32Array {
  const length = Math.hypot(...features);
  if (length > 0) for (let i = 0; i < features.length; i++) features[i] = (features[i] as number) / length;
  return features;
}

/**
 * One template of several pictures of one person: their mean, of length 1. What differs from picture to picture (pose,
 * light, noise) averages out, so it separates people better than any one of them, and better than a vote.
 */
export function fuseTemplates(templates: readonly Template[]): Template {
  const sum = new Float32Array(templates[0]?.length ?? 0);
  for (const template of templates)
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (template[i] as number);
  return normalise(sum);
}

/** The comparison score of two templates: their cosine, −1…1, higher is more alike. */
export function similarity(reference: Template, probe: Template): number {
  let sum = 0;
  for (let i = 0; i < reference.length; i++) sum += (reference[i] as number) * (probe[i] as number);
  return sum;
}
