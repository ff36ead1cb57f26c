import { SAME_PERSON } from "../../models/embedding/embedder.ts";
import type { LifeSign } from "../../models/liveness/motion-liveness.ts";
import { type Observation, type Scored, TEMPLATES_KEPT } from "../../models/pipeline/observation.ts";
import type { Defect } from "../../models/quality/profile.ts";
import type { Quality } from "../../models/quality/quality.ts";

/** A compared frame. */
interface RunFrame {
  readonly similarity: number;
  readonly quality: Quality;
  readonly atMs: number;
  /** The number of frames scored before it. */
  readonly place: number;
  /** Comparison scores with the earlier frames, the newest first. */
  readonly agreement: readonly number[];
}

/** The number of frames of each kind. */
interface Tally {
  readonly no_face: number;
  readonly two_faces: number;
  readonly poor_quality: number;
  /** Frames that could be scored, pictures that had not changed included. */
  readonly scored: number;
}

/** The number of frames of the run with each sign of life. A very clear sign counts twice. */
export type SignCounts = Readonly<Record<LifeSign, number>>;

/** All that a verification keeps of its frames: the latest unbroken run of one person's frames, and counts. */
export interface Evidence {
  readonly run: readonly RunFrame[];
  /** When the run began. Its first frames may be dropped already. */
  readonly sinceMs: number | undefined;
  /** Frames of new pictures that were scored so far. */
  readonly scored: number;
  /** When the face was last covered in the run, and how many frames had been scored before. */
  readonly covered: Covered | undefined;
  /** The texture liveness of each of the run's frames. */
  readonly texture: readonly number[];
  readonly signs: SignCounts;
  /** The number of frames of the run that were searched for edges like a screen's, and of those with such edges. */
  readonly edges: EdgeCounts;
  /** The frames of the run that are most similar to the reference; undefined until there are enough. */
  readonly likest: Likest | undefined;
  readonly tally: Tally;
}

interface Covered {
  readonly atMs: number;
  readonly place: number;
}

interface EdgeCounts {
  readonly looked: number;
  readonly seen: number;
}

/** Consecutive frames, fused to one probe. */
interface Likest {
  readonly similarity: number;
  readonly frames: number;
  readonly quality: Quality;
}

const NO_SIGNS: SignCounts = { eyes: 0, turn: 0, mouth: 0 };

const NO_EDGES: EdgeCounts = { looked: 0, seen: 0 };

export const NO_EVIDENCE: Evidence = {
  run: [],
  sinceMs: undefined,
  scored: 0,
  covered: undefined,
  texture: [],
  signs: NO_SIGNS,
  edges: NO_EDGES,
  likest: undefined,
  tally: { no_face: 0, two_faces: 0, poor_quality: 0, scored: 0 },
};

/** The liveness of this many frames is kept: more than ten seconds at ten frames a second. */
const TEXTURES_KEPT = 120;
/** A turned face can be unlike the frontal one, but it is like one of this many latest faces. */
const LIKE_ONE_OF = 3;

/**
 * The evidence after one more frame. A frame without exactly one subject, or with a face unlike the run, ends the run: the next
 * frames may show another person. A frame of poor quality only does not count. Pure.
 */
export function weigh(evidence: Evidence, seen: Observation, atMs: number): Evidence {
  if (seen.kind === "poor_quality") return counted(withCover(evidence, seen.defects, atMs), "poor_quality");
  if (seen.kind === "unchanged") return counted(withTexture(evidence, seen.liveness), "scored");
  if (seen.kind === "too_dark") return broken(counted(evidence, "poor_quality"));
  if (seen.kind !== "scored") return broken(counted(evidence, seen.kind));
  const same = continues(evidence, seen);
  return prolonged(same ? evidence : broken(evidence), seen, atMs);
}

function counted(evidence: Evidence, as: keyof Tally): Evidence {
  return { ...evidence, tally: { ...evidence.tally, [as]: evidence.tally[as] + 1 } };
}

const COVERS: readonly Defect[] = ["MouthOcclusionPrevention", "FaceOcclusionPrevention"];

function withCover(evidence: Evidence, defects: readonly Defect[], atMs: number): Evidence {
  const isCovered = defects.some((defect) => COVERS.includes(defect));
  return isCovered ? { ...evidence, covered: { atMs, place: evidence.scored } } : evidence;
}

function broken({ scored, tally }: Evidence): Evidence {
  return { ...NO_EVIDENCE, scored, tally };
}

function continues({ scored, run }: Evidence, { agreement }: Scored): boolean {
  const before = run.filter(({ place }) => scored - place <= LIKE_ONE_OF);
  return before.some(({ place }) => (agreement[scored - place - 1] ?? -1) >= SAME_PERSON);
}

function prolonged(evidence: Evidence, seen: Scored, atMs: number): Evidence {
  const { similarity, quality, agreement, liveness } = seen;
  const frame = { similarity, quality, agreement, atMs, place: evidence.scored };
  const longer = counted(
    {
      ...withTexture(evidence, liveness),
      run: [...evidence.run, frame].slice(-TEMPLATES_KEPT),
      sinceMs: evidence.sinceMs ?? atMs,
      scored: evidence.scored + 1,
      signs: withSigns(evidence.signs, seen.signs),
      edges: withEdges(evidence.edges, seen.screenEdges),
    },
    "scored",
  );
  return { ...longer, likest: likestOf(longer) };
}

/** This many frames are fused to one probe. A face turned further than this is not compared. */
const AGREE_FRAMES = 3;
const MATCH_TURNED_DEGREES = 25;
const ROUNDING = 1e-9;

/**
 * A run belongs to one person, so a recognised person stays recognised until it ends, also while the person looks down or turns
 * as requested.
 */
function likestOf(evidence: Evidence): Likest | undefined {
  const frames = comparable(evidence, MATCH_TURNED_DEGREES);
  const last = frames.at(-1);
  if (!last || frames.length < AGREE_FRAMES) return evidence.likest;
  const similarity = fusedSimilarity(frames);
  if (evidence.likest && evidence.likest.similarity > similarity + ROUNDING) return evidence.likest;
  return { similarity, frames: frames.length, quality: last.quality };
}

function withTexture(evidence: Evidence, liveness: number | undefined): Evidence {
  if (liveness === undefined) return evidence;
  return { ...evidence, texture: [...evidence.texture, liveness].slice(-TEXTURES_KEPT) };
}

function withSigns(counts: SignCounts, signs: readonly LifeSign[]): SignCounts {
  const more = (sign: LifeSign) => counts[sign] + signs.filter((one) => one === sign).length;
  return { eyes: more("eyes"), turn: more("turn"), mouth: more("mouth") };
}

function withEdges(edges: EdgeCounts, seen: boolean | undefined): EdgeCounts {
  return seen === undefined ? edges : { looked: edges.looked + 1, seen: edges.seen + (seen ? 1 : 0) };
}

/** A shelf or long hair looks like an edge in a frame now and then; a screen does in most frames. */
const EDGES_AT_LEAST = 2;

/** Whether the face is between edges like those of a screen. Pure. */
export function isEdged({ edges }: Evidence): boolean {
  return edges.seen >= EDGES_AT_LEAST && 2 * edges.seen > edges.looked;
}

/**
 * The texture of a screen in a noisy picture looks like a person's from this noise on, in lumas. Films of 25
 * living people have at most 2.7, before as many cameras.
 */
const NOISY = 3;

/** Whether most frames of the run are so noisy that nothing tells a person from a screen. Pure. */
export function isNoisy({ run }: Evidence): boolean {
  return 2 * run.filter(({ quality }) => quality.noise >= NOISY).length > run.length;
}

/** The comparison score of two frames of a run. */
function agreementOf(earlier: RunFrame, later: RunFrame): number {
  return later.agreement[later.place - earlier.place - 1] ?? -1;
}

/**
 * The frames of a run that can be compared with a photo: turned no further than this, and all like each other. A frame
 * that is unlike one of them is left out.
 */
export function comparable({ run, scored }: Evidence, turnedAtMost: number): readonly RunFrame[] {
  const near = run.filter(
    ({ place, quality }) => scored - place <= TEMPLATES_KEPT && Math.abs(quality.headPoseYawDegrees) <= turnedAtMost,
  );
  const kept: RunFrame[] = [];
  for (const frame of near) if (kept.every((earlier) => agreementOf(earlier, frame) >= SAME_PERSON)) kept.push(frame);
  return kept;
}

/** Whether the occlusion of a frame of the run was measured, and the face has not been covered in it or since. Pure. */
export function isBare({ covered }: Evidence, { place, quality }: RunFrame): boolean {
  return quality.mouthOcclusion !== undefined && place >= (covered?.place ?? 0);
}

/** The time since which the face of the run has not been covered. Pure. */
export function bareSince({ covered, sinceMs }: Evidence): number {
  return Math.max(covered?.atMs ?? 0, sinceMs ?? Number.POSITIVE_INFINITY);
}

/**
 * The comparison score of the reference with several frames as one probe: the cosine with the mean of their templates.
 * With unit templates p and the reference r it is Σ r·p / |Σ p|, and |Σ p|² is the sum of all their products. So scores are
 * enough, and templates never leave the worker thread. Pure.
 */
export function fusedSimilarity(frames: readonly RunFrame[]): number {
  const sum = frames.reduce((total, { similarity }) => total + similarity, 0);
  let square = frames.length;
  for (const [i, later] of frames.entries()) {
    for (const earlier of frames.slice(0, i)) square += 2 * agreementOf(earlier, later);
  }
  return sum / Math.sqrt(square);
}

/** A median of fewer frames is not reliable: one blurred frame of three can change it. */
const FRAMES_FOR_A_MEDIAN = 5;
const MOST_OF_THEM = 3;

/**
 * The texture liveness of the run: the median of five frames and more. Of three and four frames it is the third highest value:
 * the median of five cannot be lower, so a clear run need not wait for five. Undefined for fewer frames. Pure.
 */
export function textureOf({ texture }: Evidence): number | undefined {
  if (texture.length < MOST_OF_THEM) return undefined;
  const sorted = [...texture].sort((a, b) => b - a);
  if (texture.length < FRAMES_FOR_A_MEDIAN) return sorted[MOST_OF_THEM - 1];
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

/** Whether there are enough frames for a median, and not only for its lower bound. Pure. */
export function hasMedian({ texture }: Evidence): boolean {
  return texture.length >= FRAMES_FOR_A_MEDIAN;
}

export function looked(tally: Tally): number {
  return Object.values(tally).reduce((sum, count) => sum + count, 0);
}
