import type { Camera } from "../../drivers/camera/camera.ts";
import type { DriverError } from "../../drivers/errors.ts";
import { monotonicMs } from "../../drivers/monotonic.ts";
import { openCamera } from "../app/hardware.ts";
import { FAULTS, faultOf } from "../faults.ts";
import type { Inference } from "../inference/inference.ts";
import { openUprightInference, type UprightInference } from "../inference/upright-inference.ts";
import { aimNumbers } from "../session/aim-numbers.ts";
import type { CameraChoice } from "../settings/hardware-parsers.ts";
import { latestFrame } from "../verification/latest-frame.ts";
import { type Finding, fail } from "./finding.ts";
import { judgeView, type View } from "./view.ts";

/** Frames that are analysed. Only the last ones count; the first ones may be needed to find the rotation. */
const LOOKS = 10;
const JUDGED = 4;
/** The camera sets its exposure in this time. */
const SETTLES_MS = 1_000;

/** Finds what would prevent a verification at this place, with the camera and networks of the service. */
export async function tryView(choice: CameraChoice, inference: Inference): Promise<Finding> {
  const rotate = choice.rotate;
  const known = rotate === "auto" ? 0 : rotate;
  const upright = openUprightInference(inference, { choice: "auto", known, turned: () => undefined });
  try {
    const settlesMs = choice.kind === "film" ? 0 : SETTLES_MS;
    const views = await lookThrough(openCamera(choice), upright, monotonicMs() + settlesMs);
    return judgeView(views.slice(-JUDGED), upright.degrees(), rotate);
  } catch (error) {
    return fail("view", (error as Error).message, FAULTS[faultOf(error)].remedy);
  } finally {
    await inference.forget();
  }
}

async function lookThrough(camera: Camera, inference: UprightInference, sinceMs: number): Promise<readonly View[]> {
  const newest = latestFrame(sinceMs);
  let failure: DriverError | undefined;
  await using _capture = await camera.open({
    frame: (frame) => newest.put(frame),
    failed(error) {
      failure = error;
      newest.close();
    },
  });
  const views: View[] = [];
  for (let looks = 0; looks < LOOKS; looks++) {
    const frame = await newest.take();
    if (!frame) break;
    const sighting = inference.sight(frame);
    frame.giveBack();
    const seen = await sighting;
    if (seen.kind === "seen") views.push(aimNumbers(seen, inference.degrees()));
  }
  newest.close();
  if (failure && views.length === 0) throw failure;
  return views;
}
