import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { ModelError } from "../pack/errors.ts";

/** A picture or canvas of 1 to 16,777,216 pixels on each side. */
type PictureArguments = [data: Uint8Array, width: number, height: number];
type BoxArguments = [x: number, y: number, width: number, height: number];
/** In whole pixels; `right` and `bottom` are not part of it. */
type RegionArguments = [left: number, top: number, right: number, bottom: number];
type Similarity = [a: number, b: number, c: number, d: number];

/**
 * The loops over the pixels of a face, in C: in JavaScript they cost several times as much. Each function throws a TypeError if an
 * argument has the wrong type or an array the wrong length, and a RangeError if a side, a region, `share` or `step` is out of range.
 * Nothing is written then.
 */
interface Faces {
  /** Draws the region (x, y, width, height) of a picture over a canvas of at most 2048 pixels on each side. */
  cropColour(...of: [...PictureArguments, ...BoxArguments, spread: boolean, ...PictureArguments]): void;
  cropLuma(...of: [...PictureArguments, ...BoxArguments, spread: boolean, ...PictureArguments]): void;
  /**
   * Draws an aligned face of 112×112 pixels: its pixel (x, y) is the picture's at (a·x − b·y + c, b·x + a·y + d), bilinear.
   * Outside the picture is black.
   */
  alignColour(...of: [...PictureArguments, ...Similarity, out: Uint8Array]): void;
  alignLuma(...of: [...PictureArguments, ...Similarity, out: Float32Array]): void;
  /** Unsharp masking with `share` 256ths, 0…4096 (embedding/sharpen.ts). `across` has room for each value. */
  sharpen(...of: [...PictureArguments, share: number, across: Uint16Array, out: Uint8Array]): void;
  /** Writes the lumas of a picture, 0…255, not rounded. */
  lumasOf(...of: [...PictureArguments, lumas: Float32Array]): void;
  /** Writes a picture's colours as three planes; floats are those of the table. */
  planesOfBytes(...of: [...PictureArguments, blueFirst: boolean, out: Uint8Array]): void;
  planesOfFloats(...of: [...PictureArguments, blueFirst: boolean, out: Float32Array, table: Float32Array]): void;
  /** Writes the patch of an aligned face (liveness/face-patch.ts). */
  patch(aligned: Float32Array, patch: Float32Array): void;
  /**
   * Sums over a part of an aligned face that does not touch its edge, written into ten numbers: of the lumas, their squares and
   * those of the left half; how many are at most `dark`, and at least `bright`; of the second differences across and their
   * squares, down and their squares, and of the squares of both together.
   */
  lightSums(...of: [lumas: Float32Array, ...RegionArguments, dark: number, bright: number, sums: Float64Array]): void;
  /** Sums over INNER of a patch, written into four numbers: of the lumas, their squares, and the squares of both slopes. */
  detailSums(patch: Float32Array, sums: Float64Array): void;
  /** Sums over each row of a part of an aligned face: first those of the lumas, then those of their squares. */
  rowSums(...of: [lumas: Float32Array, ...RegionArguments, sums: Float64Array]): void;
  /** The mean luma, 0…255, of every `step`-th pixel that is further than `radius` from (x, y) and not below it. */
  lumaAround(...of: [...PictureArguments, x: number, y: number, radius: number, step: number, colour: boolean]): number;
  /** The mean square of the values of a region of INNER (liveness/face-patch.ts). */
  meanSquare(...of: [values: Float32Array, ...RegionArguments]): number;
  /** The median square, and the largest size, of the values whose byte in `chosen` is not 0. */
  medianSquare(values: Float32Array, chosen: Uint8Array): number;
  largest(values: Float32Array, chosen: Uint8Array): number;
  /**
   * Subtracts the motion of a flat picture from a patch (liveness/planar-motion.ts). Writes the rest for each inner pixel,
   * blurred. False if both cannot be aligned.
   */
  planeResidual(earlier: Float32Array, later: Float32Array, residual: Float32Array): boolean;
  /**
   * The same for a sheet that bends (liveness/relief.ts). Returns the contrast of `later` to `earlier`, at least 0.3; undefined if
   * both cannot be aligned.
   */
  bendResidual(earlier: Float32Array, later: Float32Array, residual: Float32Array): number | undefined;
}

const BUILT = new URL("../../../models/native/build/Release/matchlight-faces.node", import.meta.url);

let loaded: Faces | undefined;

/**
 * The addon, loaded at the first call: what only imports its callers works without it. Throws ModelError `runtime_unavailable` if
 * it was not built.
 */
export function faces(): Faces {
  loaded ??= load();
  return loaded;
}

function load(): Faces {
  try {
    return createRequire(import.meta.url)(fileURLToPath(BUILT));
  } catch (cause) {
    const message = "the addon for faces is not built: run `npm run build:native`, it needs a C compiler";
    throw new ModelError("runtime_unavailable", message, { cause });
  }
}
