import type { Image } from "../imaging/image.ts";
import { type NetworkInput, showWhole } from "../imaging/network-input.ts";
import type { Manifest } from "../pack/manifest.ts";
import { newSharpener, type Sharpener } from "./sharpen.ts";

/**
 * The features of one face, of length 1. Biometric data: it stays in memory, is overwritten, and is never written
 * anywhere.
 */
export type Template = Float32Array & { readonly __brand?: "template" };

/**
 * The least similarity between a followed face and the one before. Consecutive frames of one person score 0.9 and more,
 * two persons below 0.65, and no face near 0.
 */
export const SAME_PERSON = 0.65;

/** The embedder with its preprocessing from the pack. */
export interface Embedder extends NetworkInput {
  readonly sharpener: Sharpener;
}

/** Adds the preprocessing of the manifest to a network. */
export function embedderOf(network: NetworkInput, { sharpening = 0 }: EmbedderEntry): Embedder {
  const { width, height } = network.canvas;
  return { ...network, sharpener: newSharpener(width, height, sharpening) };
}

type EmbedderEntry = Manifest["networks"]["embedder"];

/** Computes the template of an aligned 112×112 face. */
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
 * The mean of several templates of one person, of length 1. Differences between images (pose, light, noise) average
 * out, so it separates persons better than a single template or a vote.
 */
export function fuseTemplates(templates: readonly Template[]): Template {
  const sum = new Float32Array(templates[0]?.length ?? 0);
  for (const template of templates)
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (template[i] as number);
  return normalise(sum);
}

/** The comparison score of two templates: their cosine, −1…1. */
export function similarity(reference: Template, probe: Template): number {
  let sum = 0;
  for (let i = 0; i < reference.length; i++) sum += (reference[i] as number) * (probe[i] as number);
  return sum;
}
