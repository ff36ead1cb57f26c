import { eyeDistanceOf, type Landmarks, leftEye, middleOf, rightEye } from "../detection/landmarks.ts";
import { SAME_PERSON, similarity, type Template } from "../embedding/embedder.ts";
import type { Extent, Point } from "../imaging/image.ts";
import { toPatch } from "./face-patch.ts";
import { type FaceReference, type FaceReferences, faceReferences, referenceOf } from "./face-references.ts";
import { lipLine } from "./lips.ts";
import { type Changes, changesOf } from "./motion-regions.ts";
import { noseParallax } from "./parallax.ts";
import { unexplained } from "./planar-motion.ts";
import { noseRelief } from "./relief.ts";

/**
 * A motion that a picture of a face does not show: the lids or the gaze of both eyes move, the head turns and the nose shows
 * depth, or the mouth moves. A moving mouth can be cut into a photograph in minutes, so it is not enough alone.
 */
export type LifeSign = "eyes" | "turn" | "mouth";

/** Whether a sign counts without a sign of another kind. */
export const countsAlone = (sign: LifeSign): boolean => sign !== "mouth";

/** One face of a frame. */
export interface MovingFace {
  /** The lumas of the aligned 112×112 face. */
  readonly lumas: Float32Array;
  readonly landmarks: Landmarks;
  readonly yawDegrees: number;
  readonly pitchDegrees: number;
}

/** Compares each face with earlier faces of its run. It keeps small pictures of faces; `forget` overwrites them. */
export interface MotionLiveness {
  /**
   * The signs of life of this face. A sign is listed twice if its measure is twice the needed one. The list is empty for the
   * first faces and for a face that moves fast, is blurred, is partly covered, or is cut by the edge of the picture (its part
   * outside changes as it moves). `within` is the size of the picture; `probe` is copied.
   */
  look(face: MovingFace, probe: Template, within: Extent): readonly LifeSign[];
  /**
   * Whether a face surely shows the same person without a probe, and shows no sign that counts alone, or is one that shows no
   * signs at all: it moves fast, or is cut by the picture's edge. Any other face needs a probe. It is not kept here, so later
   * faces are never compared with a hand or with another person's face.
   */
  goesOn(face: MovingFace, within: Extent): boolean;
  /** Whether a run has begun. Only a face with a probe begins a run. */
  begun(): boolean;
  /** Ends the run: the next face may show another person. */
  forget(): void;
}

/** A change of eyes or mouth by this many standard deviations is a sign. No still picture reached half of it. */
export const LIFE_SIGN_AT_LEAST = 0.08;
/**
 * A head is never as still as paper. If only the eyes have changed by more than this, they are drawn: photographs with drawn
 * lids stay below 0.014; all live films but one exceed 0.03 in their first seconds.
 */
const HEAD_MOVES = 0.02;

/**
 * The rules for a turn to the side and for a nod. `relief` is the least part of the nose's change, between a frontal and a
 * turned face, that no bent paper explains (relief.ts). Half of all live heads reach it at once, and 0.016 for each degree
 * when they turn further; none of 30 prints that were bent or turned reached half of it. Above RELIEF_AT_MOST the two faces
 * were not aligned. A mouth that opens looks like a small nod, so nods need more. The nose moves by at least `parallax` eye
 * distances against eyes and mouth.
 */
const SIDEWAYS = { from: 5, to: 28, parallax: 0.02, relief: 0.14, perDegree: 0.016 };
const NOD = { from: 8, to: 28, parallax: 0.04, relief: 0.2, perDegree: 0.02 };
const RELIEF_AT_MOST = 0.7;
/** From this turn on, the relief of a nose is larger than the effect of blur. */
const FAR_DEGREES = 16;
/**
 * Motion blurs, and blur looks like a small relief or like lids that close. A face that moves further than this from one picture
 * to the next shows no small turn and no eyes.
 */
const STEADY_SIGN = 0.25;
/** Between two faces of one run, the rest of the face changes by no more than this, and the head turns no further. */
const CONTINUED_REST = 0.1;
const CONTINUED_DEGREES = 12;
/** A head whose turn makes it unlike all recent faces moves further than this. A print behind a pen does not. */
const STEADY_UNLIKE = 0.1;

/**
 * Paper that bends while it turns does not move like a plane; the error is largest at the eyes. So between faces with
 * different turns, the eyes must change by this many times as much as the rest.
 */
const TURNED_ALIKE_DEGREES = 3;
const EYES_OVER_REST = 2.5;

/** The middle of a face may move this far between two pictures, in inter-eye distances. A faster face is blurred. */
const STEADY = 0.5;
/** The detail of a patch must be within this factor of the reference's. Blur moves edges, and that looks like life. */
const SAME_DETAIL = 1.3;
/** Eyes that motion blurs in one direction look closed. Moving lids or a moving gaze change the detail in both directions. */
const SMEARED_ALIKE = 1.2;

/** The compared part of a face around the middle of the eyes, in inter-eye distances. */
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
  const compared = ({ lumas, ...pose }: MovingFace, within: Extent): Compared | undefined => {
    const place = placeOf(pose.landmarks);
    const movedBy = last ? moved(last, place) : Number.POSITIVE_INFINITY;
    last = place;
    if (movedBy >= STEADY || !isWhole(pose.landmarks, within)) return undefined;
    const face = referenceOf({ patch: toPatch(lumas), lips: lipLine(lumas), movedBy, ...pose });
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
      // The same face comes again with a probe. Its motion is then measured from the face before it, not from itself.
      now.face.wipe();
      last = before;
      return false;
    },
  };
}

/** A face, and its differences to the faces before it. */
interface Compared {
  readonly face: FaceReference;
  readonly signs: readonly LifeSign[];
  /** Whether it continues a face before it; see CONTINUED_REST. */
  readonly continued: boolean;
}

/** The sign once if `share` is at least 1, twice if it is at least 2: then one frame counts like two. */
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

/** Whether the compared part of the face lies inside the picture. */
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
  const residual = unexplained(earlier.patch, later.patch);
  if (!residual) return undefined;
  const changes = changesOf(residual, earlier.deviation, Math.min(later.lips, earlier.lips));
  residual.fill(0);
  if (!changes) return undefined;
  return showsEyes(earlier, later, changes) ? changes : { ...changes, eyes: 0 };
}

/** Whether the eyes themselves have changed. Otherwise a picture was bent or moved. */
function showsEyes(earlier: FaceReference, later: FaceReference, { eyes, rest }: Changes): boolean {
  if (Math.max(earlier.movedBy, later.movedBy) >= STEADY_SIGN) return false;
  if (!isWithin(SMEARED_ALIKE, later.acrossToDown / earlier.acrossToDown)) return false;
  return Math.abs(later.yawDegrees - earlier.yawDegrees) <= TURNED_ALIKE_DEGREES || eyes >= EYES_OVER_REST * rest;
}

/**
 * Whether a face continues one of a moment ago: the motion of a plane explains the change since then, except for a small
 * rest. Another face, or another picture of the same face, changes more.
 */
function isContinued(references: FaceReferences, face: FaceReference, seen: readonly Changes[]): boolean {
  const recent = references.recent();
  const near = recent && Math.abs(recent.yawDegrees - face.yawDegrees) <= CONTINUED_DEGREES;
  return near === true && seen.some(({ rest }) => rest <= CONTINUED_REST);
}

/** Whether a face that hardly moved is unlike all recent faces. An object covers it, and its edges look like a nose's depth. */
function isTouched(seen: readonly Changes[], movedBy: number): boolean {
  return seen.length === 0 && movedBy < STEADY_UNLIKE;
}

/** How clearly a face has turned since a frontal one: the relief as a multiple of the needed one. */
function turnOf(frontal: FaceReference | undefined, face: FaceReference, movedBy: number): number {
  if (!frontal || !isAsSharp(frontal, face)) return 0;
  const turned = face.yawDegrees - frontal.yawDegrees;
  if (movedBy >= STEADY_SIGN && Math.abs(turned) < FAR_DEGREES) return 0;
  const aside = reliefNeeded(SIDEWAYS, turned, () => noseParallax(frontal.landmarks, face.landmarks));
  const nodded = face.pitchDegrees - frontal.pitchDegrees;
  const down =
    movedBy >= STEADY_SIGN
      ? undefined
      : reliefNeeded(NOD, nodded, () => noseParallax(frontal.landmarks, face.landmarks, "down"));
  if (aside === undefined && down === undefined) return 0;
  const relief = noseRelief(frontal.patch, face.patch) ?? 0;
  return relief > RELIEF_AT_MOST ? 0 : relief / Math.min(aside ?? relief + 1, down ?? relief + 1);
}

/** The relief that a turn by `by` degrees needs; undefined if it is no turn. */
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
