import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";
import { LIVE_PROFILE } from "../../models/quality/profile.ts";
import type { Hint } from "../../protocol/messages/contract.ts";
import type { aimNumbers } from "../session/aim-numbers.ts";
import type { RotateChoice } from "../settings/hardware-parsers.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** What a frame shows, for the person who aims the camera. */
export type View = ReturnType<typeof aimNumbers>;

type Words = readonly [found: string, next: string];

/** The problem of a view and its remedy, for the person who installs the camera. Customers get other messages. */
const WORDS: Readonly<Record<Hint, Words>> = {
  step_in_front: ["nobody in view", "Stand where customers stand, point the camera at the face, and run this again."],
  one_person_only: ["several people in view", "Let one person stand there; turn the camera away from a queue."],
  come_closer: ["the face is too small", "Move the camera nearer to where customers stand, or use a longer lens."],
  move_back: ["the face is too near, and is cut off", "Move the camera away from where customers stand."],
  move_to_the_middle: ["the face is at the edge: off-aim", "Turn the camera until the face is in the middle."],
  look_at_the_camera: ["the face is turned away", "Look into the camera, and mount it at the height of the eyes."],
  hold_head_straight: ["the face is tilted", "Hold the head straight, and mount the camera level."],
  hold_still: [
    "the face is blurred: the lens is out of focus or dirty, or somebody moves",
    "Hold still; clean the lens; turn its ring or move the camera until the face is sharp.",
  ],
  more_light: ["too dark", "Bring light to the place: a lamp in front of the person, not behind."],
  less_light: ["too bright", "Take away the light that shines on the face or into the camera."],
  face_the_light: ["one half of the face is dark", "Move the lamp, or the camera, so that light comes from the front."],
  too_bright_behind: ["a bright light behind the face", "Turn the camera away from the window, or cover the window."],
  uncover_face: ["the face is covered", "Uncover mouth and nose, and run this again."],
  move_a_little: ["nothing is wrong", ""],
  turn_left: ["nothing is wrong", ""],
  turn_right: ["nothing is wrong", ""],
};

/** The finding about the camera's view; `rotate` is the setting, `degrees` the needed turn of the frames. Pure. */
export function judgeView(views: readonly View[], degrees: QuarterTurn, rotate: RotateChoice): Finding {
  const hint = mostFrequent(views.map(hintOf));
  const view = views.findLast((one) => hintOf(one) === hint);
  if (!view) return warn("view", "no frame could be analysed", "See the finding about the camera.");
  if (rotate !== "auto" && rotate !== degrees) {
    const turned = (degrees - rotate + 360) % 360;
    return warn(
      "view",
      `the picture is turned by ${turned}°`,
      `Write rotate=${degrees} or rotate=auto in MATCHLIGHT_CAMERA.`,
    );
  }
  const mounted = degrees === 0 || rotate !== "auto" ? "" : `; turned by ${degrees}°, which is set right`;
  if (hint === null) return ok("view", `one face, as it should be${numbersOf(view)}${mounted}`);
  const [found, next] = WORDS[hint];
  return warn("view", `${found}${numbersOf(view)}${mounted}`, next);
}

function hintOf({ hint = null }: View): Hint | null {
  return hint;
}

function mostFrequent(hints: readonly (Hint | null)[]): Hint | null {
  const count = (hint: Hint | null) => hints.filter((one) => one === hint).length;
  return hints.reduce((most, one) => (count(one) >= count(most) ? one : most), null);
}

/** The measures of a face, for a phone call; empty without a face. */
function numbersOf({ eyeDistance, light, sharpness, pose }: View): string {
  if (eyeDistance === undefined) return "";
  const least = LIVE_PROFILE.minimumInterEyeDistancePixels;
  return [
    `: eyes ${eyeDistance.toFixed(0)} pixels apart (at least ${least})`,
    `light ${light?.face.toFixed(2)} before ${light?.behind.toFixed(2)}`,
    `sharpness ${sharpness?.toFixed(2)} (at least ${LIVE_PROFILE.minimumSharpness})`,
    `turned ${pose?.yaw.toFixed(0)}°, tilted ${pose?.roll.toFixed(0)}°`,
  ].join(", ");
}
