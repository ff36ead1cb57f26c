import type { Enrolment } from "../../models/pipeline/recognizer.ts";
import { type Defect, REFERENCE_PROFILE } from "../../models/quality/profile.ts";
import type { Quality } from "../../models/quality/quality.ts";

type Unusable = Extract<Enrolment, { kind: "unusable" }>;

/** The reason why a reference photo cannot be used, for the carrier. At most 200 characters, the limit of a report. */
export function explainReference({ problem, defects, quality }: Unusable): string {
  if (problem === "no_face") return "no face was found in the photo";
  if (problem === "two_faces") return "the photo shows more than one face";
  const words = new Set(defects.map((defect) => wordsFor(defect, quality)));
  return `the photo ${[...words].join(", and it ")}`.slice(0, 200);
}

function wordsFor(defect: Defect, quality: Quality | undefined): string {
  if (defect !== "InterEyeDistance" || !quality) return WORDS[defect];
  const apart = Math.floor(quality.interEyeDistancePixels);
  const { minimumInterEyeDistancePixels: needed } = REFERENCE_PROFILE;
  return `is too small (the eyes are ${apart} pixels apart, ${needed} are needed)`;
}

const WORDS: Readonly<Record<Defect, string>> = {
  InterEyeDistance: "is too small",
  HeadPoseYaw: "shows a face that is turned away",
  HeadPosePitch: "shows a face that looks up or down",
  HeadPoseRoll: "shows a face that is tilted",
  Sharpness: "is blurred",
  UnderExposurePrevention: "is too dark",
  OverExposurePrevention: "is too bright",
  LeftwardCrop: "cuts off a part of the face",
  RightwardCrop: "cuts off a part of the face",
  MarginAbove: "cuts off a part of the face",
  MarginBelow: "cuts off a part of the face",
  MouthOcclusionPrevention: "shows a covered face",
  FaceOcclusionPrevention: "shows a covered face",
};
