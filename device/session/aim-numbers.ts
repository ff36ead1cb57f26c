import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";
import type { Sighting } from "../../models/pipeline/sighting.ts";
import type { Quality } from "../../models/quality/quality.ts";
import type { Aim } from "../../protocol/messages/contract.ts";
import { advise, improve } from "./guidance.ts";

/** The description of a sighting for the person who aims the camera: rounded numbers. Pure. */
export function aimNumbers(
  { width, height, observation, box, points }: Sighting,
  rotation: QuarterTurn,
): Omit<Aim, "v" | "jti" | "atMs"> {
  const seen = box ? "one" : observation.kind === "two_faces" ? "several" : "nobody";
  return {
    frame: { width, height },
    rotation,
    seen,
    ...(box ? { face: roundedAll(box) } : {}),
    ...(points ? { points: points.map(roundedAll) } : {}),
    ...("quality" in observation ? measures(observation.quality) : {}),
    hint: advise(observation) ?? improve(observation),
  };
}

function measures(quality: Quality): Pick<Aim, "eyeDistance" | "light" | "sharpness" | "pose"> {
  return {
    eyeDistance: rounded(quality.interEyeDistancePixels),
    light: {
      face: rounded(quality.luminanceMean),
      behind: rounded(quality.backgroundLuminance),
      evenness: rounded(quality.illuminationUniformity),
    },
    sharpness: rounded(quality.sharpness),
    pose: {
      yaw: rounded(quality.headPoseYawDegrees),
      pitch: rounded(quality.headPosePitchDegrees),
      roll: rounded(quality.headPoseRollDegrees),
    },
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function roundedAll<T extends { readonly [name in keyof T]: number }>(numbers: T): T {
  return Object.fromEntries(Object.entries<number>(numbers).map(([name, value]) => [name, rounded(value)])) as T;
}
