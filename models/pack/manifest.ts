import { z } from "zod";
import { evaluationProblems } from "./evaluation.ts";

const share = z.number().min(0).max(1);
const name = z.string().min(1).max(100);
const sentence = z.string().min(1).max(2000);

const shape = z.array(z.int().min(1).max(100_000)).min(1).max(5);
const port = z.strictObject({ name, shape });

/** `uint8`: the input is the bytes of the image, without preprocessing. */
const input = z.strictObject({ name, shape, type: z.enum(["float32", "uint8"]).optional() });

const network = {
  file: z.string().regex(/^[a-z0-9-]+\.onnx$/),
  sizeBytes: z.int().min(1).max(50_000_000),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  input,
  outputs: z.array(port).min(1).max(4),
  preprocessing: z.strictObject({
    colour: z.enum(["rgb", "bgr", "luma"]),
    mean: z.number(),
    scale: z.number().positive(),
  }),
  licence: name,
  origin: sentence,
  trainingData: sentence,
};

/** Preprocessing of the embedder. */
const embedder = z.strictObject({
  ...network,
  /** The amount, see newSharpener. Default: 0. */
  sharpening: z.number().min(0).max(3).optional(),
});

/** A threshold and its measurement. */
const threshold = z.strictObject({
  fmr: share.positive(),
  similarity: z.number().min(-1).max(1),
  set: name,
  reference: z.enum(["live", "chip"]),
  genuinePairs: z.int().positive(),
  impostorPairs: z.int().positive(),
  /** The share of impostor pairs at or above the threshold, as a 95 % Wilson interval. */
  fmrInterval95: z.tuple([share, share]),
  fnmr: share,
  remark: sentence.optional(),
});

/** An Evaluation, see evaluationProblems. */
const evaluation = z.strictObject({
  set: name,
  reference: z.enum(["live", "chip"]),
  impostorPairs: z.int().positive(),
  impostorsReached: z
    .array(z.tuple([z.number().min(-1).max(1), z.int().min(0)]))
    .min(2)
    .max(100),
});

/** The format of `manifest.json`, version 2. Unknown fields are refused, because a pack decides about people. */
export const manifestSchema = z.strictObject({
  format: z.literal(2),
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  summary: sentence,
  networks: z.strictObject({
    detector: z.strictObject({ ...network, minimumScore: share }),
    landmarks: z.strictObject(network),
    embedder,
    liveness: z.strictObject({
      ...network,
      /** The crop that is the unit of the surroundings. Default: the detector's box. */
      crop: z.enum(["detector_box", "eyes_and_mouth"]).optional(),
      context: z.number().min(1).max(10),
      /** Whether the mirror image is a second view if the first one is in doubt. */
      mirrored: z.boolean().optional(),
      bonaFideClass: z.int().min(0).max(9),
    }),
  }),
  thresholds: z.array(threshold).min(1).max(20),
  evaluations: z.array(evaluation).min(1).max(20),
  liveness: z.strictObject({ bonaFideAtLeast: share, attackBelow: share, evidence: sentence }),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
export type NetworkEntry = Manifest["networks"][keyof Manifest["networks"]];
export type Threshold = Manifest["thresholds"][number];

/** The problems of a manifest, each with its field. Empty if it is valid. */
export function readManifest(
  json: unknown,
): { readonly manifest: Manifest } | { readonly problems: readonly string[] } {
  const read = manifestSchema.safeParse(json);
  if (read.success) {
    const problems = evaluationProblems(read.data.thresholds, read.data.evaluations);
    return problems.length > 0 ? { problems } : { manifest: read.data };
  }
  return { problems: read.error.issues.map((issue) => `${issue.path.join(".") || "manifest"}: ${issue.message}`) };
}
