import type { Box, Image, Point } from "../imaging/image.ts";

export function area(box: Box): number {
  return Math.max(0, box.width) * Math.max(0, box.height);
}

export function centre(box: Box): Point {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The box of a whole image, extended on each side by `margin` times its width and height. */
export function frameOf(image: Image, margin = 0): Box {
  return {
    x: -margin * image.width,
    y: -margin * image.height,
    width: (1 + 2 * margin) * image.width,
    height: (1 + 2 * margin) * image.height,
  };
}

/** Intersection over union, 0…1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (area(a) + area(b) - shared);
}

/** Greedy non-maximum suppression: of boxes that overlap more than `limit`, the one with the best score stays. */
export function suppress<T extends { readonly box: Box; readonly score: number }>(
  found: readonly T[],
  limit: number,
): readonly T[] {
  const kept: T[] = [];
  for (const candidate of [...found].sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => overlap(other.box, candidate.box) <= limit)) kept.push(candidate);
  }
  return kept;
}

/**
 * A box extended by `factor` about its centre, reduced if the image is smaller, and shifted into the image. The
 * training data of MiniFASNet were cut like this (minivision-ai, `CropImage`), without padding.
 */
export function growInside(box: Box, factor: number, image: Image): Box {
  const scale = Math.min(factor, (image.width - 1) / box.width, (image.height - 1) / box.height);
  const width = box.width * scale;
  const height = box.height * scale;
  const middle = centre(box);
  return {
    x: Math.max(0, Math.min(middle.x - width / 2, image.width - 1 - width)),
    y: Math.max(0, Math.min(middle.y - height / 2, image.height - 1 - height)),
    width,
    height,
  };
}
