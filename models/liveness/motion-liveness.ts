import { eyeDistanceOf, type Landmarks, leftEye, middleOf, rightEye } from "../detection/landmarks.ts";
import { SAME_PERSON, similarity, type Template } from "../embedding/embedder.ts";
import type { Image, Point } from "../imaging/image.ts";
import { blur, INNER, toPatch } from "./face-patch.ts";
import { type FaceReference, type FaceReferences, faceReferences, referenceOf } from "./face-references.ts";
import { lipLine } from "./lips.ts";
import { type Changes, changesOf } from "./motion-regions.ts";
import { noseParallax } from "./parallax.ts";
import { unexplained } from "./planar-motion.ts";
import { noseRelief } from "./relief.ts";

/**
 * What a face does that a picture of a face does not: both lids or the gaze move, the head turns and its nose stands out,
 * the mouth moves. A mouth alone is drawn or cut into a photograph in minutes, so it never suffices.
 */
export type LifeSign = "eyes" | "turn" | "mouth";

/** Whether a sign says something without others of another kind. */
export const countsAlone = (sign: LifeSign): boolean => sign !== "mouth";

/** One face, as it is looked at. */
export interface MovingFace {
  readonly aligned: Image;
  readonly landmarks: Landmarks;
  readonly yawDegrees: number;
  readonly pitchDegrees: number;
}

/** Compares each face with earlier ones of its run. It holds small pictures of faces; `forget` overwrites them. */
export interface MotionLiveness {
  /**
   * The signs that this face shows, twice where they are twice what is needed for one; none where nothing can be told: the
   * first faces, one that moves fast, is blurred, is cut by the picture's edge (what lies outside changes as it moves), or
   * has something before it. `within` is the picture's size; `probe` is copied, never kept.
   */
  look(face: MovingFace, probe: Template, within: Extent): readonly LifeSign[];
  /**
   * Whether a face is surely the same person's without a probe, and shows no sign that says something by itself. Any other is
   * to be looked at with a probe: it is not remembered here, so that a hand or another face never is what later ones are
   * compared with.
   */
  goesOn(face: MovingFace, within: Extent): boolean;
  /** Whether there is a face to compare with; only a face with a probe can begin a run. */
  begun(): boolean;
  /** What comes next may be somebody else. */
  forget(): void;
}

/** A change of eyes or mouth of this many standard deviations is a sign: twice what any still picture reached. */
export const LIFE_SIGN_AT_LEAST = 0.08;
/**
 * A head never stands as still as paper. Where nothing but the eyes has ever changed more than this, they are drawn:
 * photographs with drawn lids stay below 0.014, every live film but one is beyond 0.03 within its first seconds.
 */
const HEAD_MOVES = 0.02;

/**
 * A turn to a side, or a nod: the nose stands out of what moves smoothly, between a frontal face and a turned one. Half of
 * all live heads reach the least of it at once, and with 0.016 for each degree when they turn further; of 30 prints that were
 * bent or turned none reached half of it. Beyond the most of it the two faces were not brought together. A mouth that opens
 * looks like a small nod, so nods need more. The nose moves by `parallax` eye distances at least against eyes and mouth.
 */
const SIDEWAYS = { from: 5, to: 28, parallax: 0.02, relief: 0.14, perDegree: 0.016 };
const NOD = { from: 8, to: 28, parallax: 0.04, relief: 0.2, perDegree: 0.02 };
const RELIEF_AT_MOST = 0.7;
/** Beyond this turn the nose stands out more than blur does. */
const FAR_DEGREES = 16;
/** Motion blurs, and blur looks like a little relief: a face that moves further than this shows no small turn. */
const STEADY_TURN = 0.25;
/** The rest of a face that goes on changes by no more than this in a moment, and it turns no further. */
const CONTINUED_REST = 0.1;
const CONTINUED_DEGREES = 12;
/** A head that turns so that it is like no face a moment ago moves further than this; a pen that comes before a print does not. */
const STEADY_UNLIKE = 0.1;

/**
 * Paper that bends as it turns moves what is drawn on it as no plane does, eyes most of all. So between faces that are
 * turned unlike, eyes must have changed so many times as much as the rest.
 */
const TURNED_ALIKE_DEGREES = 3;
const EYES_OVER_REST = 2.5;

/** The middle of a face may move this far from one picture to the next, in inter-eye distances: beyond it is blurred. */
const STEADY = 0.5;
/** A patch's detail must be within this factor of the reference's: blur moves edges, and edges look like life. */
const SAME_DETAIL = 1.3;
/** Eyes that are smeared one way look closed. Lids that close or a gaze that moves change detail both ways. */
const SMEARED_ALIKE = 1.2;

type Extent = Pick<Image, "width" | "height">;

/** What is compared of a face, about the middle of the eyes, in inter-eye distances. */
const COMPARED = { sideways: 1.15, above: 0.75, below: 1.62 };

export function motionLiveness(): MotionLiveness {
  const references = faceReferences();
  let person: Template | undefined;
  let last: Place | undefined;
  let moves = 0;
  const forget = () => {
    references.forget();
    person?.fill(0);
    [person, last, moves] = [undefined, undefined, 0];
  };
  const signsOf = (face: FaceReference, seen: readonly Changes[], movedBy: number): readonly LifeSign[] => {
    moves = Math.max(moves, ...seen.map(({ rest }) => rest));
    const most = (kind: "eyes" | "mouth") => Math.max(0, ...seen.map((one) => one[kind]));
    return [
      ...as("eyes", moves >= HEAD_MOVES ? most("eyes") / LIFE_SIGN_AT_LEAST : 0),
      ...as("mouth", most("mouth") / LIFE_SIGN_AT_LEAST),
      ...as("turn", isTouched(seen, movedBy) ? 0 : turnOf(references.frontal(), face, movedBy)),
    ];
  };
  const compared = ({ aligned, ...pose }: MovingFace, within: Extent): Compared | undefined => {
    const place = placeOf(pose.landmarks);
    const movedBy = last ? moved(last, place) : Number.POSITIVE_INFINITY;
    last = place;
    if (movedBy >= STEADY || !isWhole(pose.landmarks, within)) return undefined;
    const face = referenceOf({ patch: toPatch(aligned), lips: lipLine(aligned), ...pose });
    const seen = changesSince(references, face);
    return { face, signs: signsOf(face, seen, movedBy), continued: isContinued(references, face, seen) };
  };
  return {
    forget,
    begun: () => person !== undefined,
    look(face, probe, within) {
      if (person && similarity(person, probe) < SAME_PERSON) forget();
      const now = compared(face, within);
      if (!now) return [];
      references.remember(now.face);
      person = renewed(person, probe);
      return now.signs;
    },
    goesOn(face, within) {
      const before = last;
      const now = compared(face, within);
      if (!now) return true;
      const same = now.continued && !now.signs.some(countsAlone);
      if (same) {
        references.remember(now.face);
        return true;
      }
      // It is looked at again, with a probe: it has moved since the face before it, not since itself.
      now.face.wipe();
      last = before;
      return false;
    },
  };
}

/** A face, and what it shows beside those before it. */
interface Compared {
  readonly face: FaceReference;
  readonly signs: readonly LifeSign[];
  /** Whether it goes on from one before it. */
  readonly continued: boolean;
}

/** A sign once where it reaches what is needed, twice where it is twice as much: then one frame says what two would. */
function as(sign: LifeSign, share: number): readonly LifeSign[] {
  if (share < 1) return [];
  return share < 2 ? [sign] : [sign, sign];
}

function renewed(person: Template | undefined, probe: Template): Template {
  person?.fill(0);
  return Float32Array.from(probe);
}

interface Place {
  readonly middle: Point;
  readonly eyeDistance: number;
}

function placeOf(landmarks: Landmarks): Place {
  return { middle: middleOf(landmarks, Array.from(landmarks.keys())), eyeDistance: eyeDistanceOf(landmarks) };
}

function moved(from: Place, to: Place): number {
  return Math.hypot(to.middle.x - from.middle.x, to.middle.y - from.middle.y) / to.eyeDistance;
}

/** Whether all that is compared lies inside the picture. */
function isWhole(landmarks: Landmarks, within: Extent): boolean {
  const [left, right] = [leftEye(landmarks), rightEye(landmarks)];
  const [ax, ay] = [right.x - left.x, right.y - left.y];
  const middle = { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  return [-COMPARED.sideways, COMPARED.sideways].every((u) =>
    [-COMPARED.above, COMPARED.below].every((v) =>
      isInside({ x: middle.x + u * ax - v * ay, y: middle.y + u * ay + v * ax }, within),
    ),
  );
}

function isInside({ x, y }: Point, { width, height }: Extent): boolean {
  return x >= 0 && y >= 0 && x < width && y < height;
}

function changesSince(references: FaceReferences, face: FaceReference): readonly Changes[] {
  const others = new Set([references.recent(), references.alike(face)]);
  return [...others].flatMap((other) => (other && changesBetween(other, face)) ?? []);
}

function changesBetween(earlier: FaceReference, later: FaceReference): Changes | undefined {
  if (!isAsSharp(earlier, later)) return undefined;
  const residual = unexplained(earlier.plane(), later.patch);
  if (!residual) return undefined;
  const blurred = blur(residual, INNER.width, INNER.height);
  const changes = changesOf(blurred, earlier.deviation, Math.min(later.lips, earlier.lips));
  for (const numbers of [residual, blurred]) numbers.fill(0);
  if (!changes) return undefined;
  return showsEyes(earlier, later, changes) ? changes : { ...changes, eyes: 0 };
}

/** Whether what has changed about the eyes is their doing, and neither the bend nor the motion of a picture. */
function showsEyes(earlier: FaceReference, later: FaceReference, { eyes, rest }: Changes): boolean {
  if (!isWithin(SMEARED_ALIKE, later.acrossToDown / earlier.acrossToDown)) return false;
  return Math.abs(later.yawDegrees - earlier.yawDegrees) <= TURNED_ALIKE_DEGREES || eyes >= EYES_OVER_REST * rest;
}

/**
 * Whether a face goes on from one a moment ago: a plane explains what has changed since then, but for so little. No other face,
 * and no other picture of the same one, takes its place without more.
 */
function isContinued(references: FaceReferences, face: FaceReference, seen: readonly Changes[]): boolean {
  const recent = references.recent();
  const near = recent && Math.abs(recent.yawDegrees - face.yawDegrees) <= CONTINUED_DEGREES;
  return near === true && seen.some(({ rest }) => rest <= CONTINUED_REST);
}

/** Whether a face that hardly moved is like none a moment ago: something came before it, and its edges stand out as a nose does. */
function isTouched(seen: readonly Changes[], movedBy: number): boolean {
  return seen.length === 0 && movedBy < STEADY_UNLIKE;
}

/** How clearly a face has turned since a frontal one, in what is needed. */
function turnOf(frontal: FaceReference | undefined, face: FaceReference, movedBy: number): number {
  if (!frontal || !isAsSharp(frontal, face)) return 0;
  const turned = face.yawDegrees - frontal.yawDegrees;
  if (movedBy >= STEADY_TURN && Math.abs(turned) < FAR_DEGREES) return 0;
  const aside = reliefNeeded(SIDEWAYS, turned, () => noseParallax(frontal.landmarks, face.landmarks));
  const nodded = face.pitchDegrees - frontal.pitchDegrees;
  const down =
    movedBy >= STEADY_TURN
      ? undefined
      : reliefNeeded(NOD, nodded, () => noseParallax(frontal.landmarks, face.landmarks, "down"));
  if (aside === undefined && down === undefined) return 0;
  const relief = noseRelief(frontal.patch, face.patch) ?? 0;
  return relief > RELIEF_AT_MOST ? 0 : relief / Math.min(aside ?? relief + 1, down ?? relief + 1);
}

/** The relief that a turn by so many degrees must show; undefined where it is none. */
function reliefNeeded(turn: typeof NOD, by: number, parallax: () => number): number | undefined {
  const degrees = Math.abs(by);
  if (degrees < turn.from || degrees > turn.to || Math.abs(parallax()) < turn.parallax) return undefined;
  return Math.max(turn.relief, turn.perDegree * degrees);
}

function isAsSharp(one: FaceReference, other: FaceReference): boolean {
  return isWithin(SAME_DETAIL, other.detail / one.detail);
}

function isWithin(factor: number, share: number): boolean {
  return share <= factor && share >= 1 / factor;
}
