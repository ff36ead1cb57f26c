import type { Inference } from "../../device/inference/inference.ts";
import { openUprightInference } from "../../device/inference/upright-inference.ts";
import { decodeJpeg, encodeJpeg } from "../../drivers/image/jpeg.ts";
import { findLandmarks } from "../../models/detection/landmarks.ts";
import { headPose } from "../../models/detection/pose.ts";
import { findSubject } from "../../models/pipeline/face-analysis.ts";
import type { Networks } from "../../models/pipeline/networks.ts";
import type { Hint } from "../../protocol/messages/contract.ts";
import { asCamera, CONDITIONS, type Condition, type Scene } from "./conditions.ts";
import { playSession } from "./film-session.ts";

/** What should be said to somebody within two seconds; nothing that finds fault where there is none. */
const EXPECTED: Readonly<Record<Condition, readonly Hint[]>> = {
  as_filmed: [],
  dark: ["more_light"],
  dim: ["more_light"],
  backlit: ["too_bright_behind"],
  lit_from_one_side: ["face_the_light"],
  glaring: ["less_light"],
  tilted_left: ["hold_head_straight"],
  tilted_right: ["hold_head_straight"],
  blurred: ["hold_still"],
  moving: ["hold_still"],
  near: ["move_back"],
  far: ["come_closer"],
  off_to_the_side: ["move_to_the_middle"],
  off_to_the_top: ["move_to_the_middle"],
  turned_90: [],
  turned_180: [],
  turned_270: [],
  masked: ["uncover_face"],
  two_people: ["one_person_only"],
  cool: [],
  warm: [],
  nobody: ["step_in_front"],
};

/** Said to people of whom only a sign of life is missing; they find no fault with the picture. */
const FAULTLESS: readonly Hint[] = ["move_a_little", "turn_left", "turn_right"];

/** Whoever is served needs no hint; these must not be served. */
const NEVER_SERVED: readonly Condition[] = ["masked", "two_people", "nobody"];

export interface HintRow {
  readonly condition: Condition;
  readonly right: boolean;
  readonly expected: string;
  readonly said: readonly Hint[];
  readonly ended: string;
}

export const WITHIN_MS = 2_000;

/** The frames of a film as scenes, with another film's for a second person; frames without a face are left out. */
export async function scenesOf(
  networks: Networks,
  frames: readonly Uint8Array[],
  others: readonly Uint8Array[],
  pixelsWide: number,
): Promise<readonly Scene[]> {
  const scenes: Scene[] = [];
  for (const [i, jpeg] of frames.entries()) {
    const picture = asCamera(decodeJpeg(jpeg, 2e7), pixelsWide);
    const presence = await findSubject(networks, picture, [0, 0.5]);
    if (presence.kind !== "one") continue;
    const landmarks = await findLandmarks(networks.landmarks, picture, presence.face);
    const other = others[i % others.length] as Uint8Array;
    scenes.push({ picture, landmarks, other: asCamera(decodeJpeg(other, 2e7), pixelsWide) });
  }
  return scenes;
}

/** Shows a person in one condition to the device, and holds what is said against what should be. */
export async function hintFor(
  inference: Inference,
  scenes: readonly Scene[],
  condition: Condition,
  framesPerSecond: number,
  photo = encodeJpeg(mostFrontal(scenes).picture, 90),
): Promise<HintRow> {
  const own = openUprightInference(inference, { choice: "auto", known: 0, turned: () => undefined });
  const frames = scenes.map((scene) => encodeJpeg(CONDITIONS[condition](scene), 88));
  const { verdict, said } = await playSession(frames, { inference: own, photo, framesPerSecond });
  // What is said at that moment only breaks a silence, and finds fault with nobody.
  const untilMs = EXPECTED[condition].length === 0 ? WITHIN_MS - 1 : WITHIN_MS;
  const hints = said.flatMap(({ hint, atMs }) => (hint && atMs <= untilMs ? [hint] : []));
  const ended = verdict?.decision ?? "";
  return {
    condition,
    right: isRight(condition, hints, ended),
    expected: EXPECTED[condition].join(", "),
    said: hints,
    ended,
  };
}

function mostFrontal(scenes: readonly Scene[]): Scene {
  const yaw = ({ landmarks }: Scene) => Math.abs(headPose(landmarks).yawDegrees);
  return scenes.reduce((best, one) => (yaw(one) < yaw(best) ? one : best));
}

function isRight(condition: Condition, said: readonly Hint[], ended: string): boolean {
  const expected = EXPECTED[condition];
  if (ended === "match") return !NEVER_SERVED.includes(condition);
  if (expected.length === 0) return said.every((hint) => FAULTLESS.includes(hint));
  return said.some((hint) => expected.includes(hint));
}
