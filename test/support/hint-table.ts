import type { Inference } from "../../device/inference/inference.ts";
import type { Look } from "../../device/inference/inference-messages.ts";
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
  /** Right, and not only because the film itself shows another fault. */
  readonly strictlyRight: boolean;
  /** What the device saw, the most frequent first: "14 no_face, 3 two_faces". */
  readonly seen: string;
  readonly expected: string;
  readonly said: readonly Hint[];
  readonly ended: string;
}

export const WITHIN_MS = 2_000;

/** The frames of a film as scenes, with another film's for a second person; frames without a face are left out. */
export async function scenesOf(
  networks: Networks,
  frames: readonly Uint8Array[],
  others: readonly Scene[],
  pixelsWide: number,
): Promise<readonly Scene[]> {
  const scenes: Scene[] = [];
  for (const [i, jpeg] of frames.entries()) {
    const picture = asCamera(decodeJpeg(jpeg, 2e7), pixelsWide);
    const presence = await findSubject(networks, picture, [0, 0.5]);
    if (presence.kind !== "one") continue;
    const landmarks = await findLandmarks(networks.landmarks, picture, presence.face);
    scenes.push({ picture, landmarks, other: others[i % others.length] });
  }
  return scenes;
}

export interface HintOptions {
  readonly framesPerSecond: number;
  readonly photo?: Uint8Array;
  /** What the film itself shows: said in any condition it is no mistake. */
  readonly own?: readonly Hint[];
}

/** Shows a person in one condition to the device, and holds what is said against what should be. */
export async function hintFor(
  inference: Inference,
  scenes: readonly Scene[],
  condition: Condition,
  { framesPerSecond, photo = encodeJpeg(mostFrontal(scenes).picture, 90), own = [] }: HintOptions,
): Promise<HintRow> {
  const upright = openUprightInference(inference, { choice: "auto", known: 0, turned: () => undefined });
  const frames = scenes.map((scene) => encodeJpeg(CONDITIONS[condition](scene), 88));
  const seen = new Map<string, number>();
  const noted: Inference = {
    ...upright,
    pack: inference.pack,
    async look(...asked) {
      const look = await upright.look(...asked);
      const name = nameOf(look);
      seen.set(name, (seen.get(name) ?? 0) + 1);
      return look;
    },
  };
  const { verdict, said } = await playSession(frames, { inference: noted, photo, framesPerSecond });
  // What is said at that moment only breaks a silence, and finds fault with nobody.
  const untilMs = EXPECTED[condition].length === 0 ? WITHIN_MS - 1 : WITHIN_MS;
  const hints = said.flatMap(({ hint, atMs }) => (hint && atMs <= untilMs ? [hint] : []));
  const ended = verdict?.decision ?? "";
  return {
    condition,
    right: isRight(condition, hints, ended, own),
    strictlyRight: isRight(condition, hints, ended, []),
    seen: [...seen]
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${count} ${name}`)
      .join(", "),
    expected: EXPECTED[condition].join(", "),
    said: hints,
    ended,
  };
}

/** A look in a word or two: a face of poor quality by what is wrong with it. */
function nameOf(look: Look): string {
  if (look.kind === "poor_quality") return look.defects.join("+");
  return look.kind === "no_face" && look.hidden ? `no_face (${look.hidden})` : look.kind;
}

function mostFrontal(scenes: readonly Scene[]): Scene {
  const yaw = ({ landmarks }: Scene) => Math.abs(headPose(landmarks).yawDegrees);
  return scenes.reduce((best, one) => (yaw(one) < yaw(best) ? one : best));
}

function isRight(condition: Condition, said: readonly Hint[], ended: string, own: readonly Hint[]): boolean {
  const expected = EXPECTED[condition];
  if (ended === "match") return !NEVER_SERVED.includes(condition);
  if (expected.length === 0) return said.every((hint) => FAULTLESS.includes(hint) || own.includes(hint));
  return said.some((hint) => expected.includes(hint) || own.includes(hint));
}
