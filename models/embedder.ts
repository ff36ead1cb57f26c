import { type Fed, showWhole } from "./feed.ts";
import type { Picture } from "./picture.ts";

/** The features of one face, of length 1; biometric data: keep it in memory, overwrite it, never write it anywhere. */
export type Template = Float32Array & { readonly __brand?: "template" };

/** Turns an aligned 112×112 face into a template. */
export async function embed(embedder: Fed, aligned: Picture): Promise<Template> {
  const [features = new Float32Array(0)] = await showWhole(embedder, aligned);
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
