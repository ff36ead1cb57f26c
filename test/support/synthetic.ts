import type { Inference } from "../../device/inference/inference.ts";
import type { Camera, Frame } from "../../drivers/camera/camera.ts";
import { monotonicMs } from "../../drivers/monotonic.ts";
import { scored } from "./scores.ts";

/** The mark in every report that comes from no camera and no network. */
export const SYNTHETIC = "synthetic-no-networks";

/** Answers at once and looks at nothing: every frame is a good one. Its reports say so by their pack. */
export function syntheticInference(similarity = 0.9): Inference {
  return {
    pack: {
      id: SYNTHETIC,
      version: "0.0.0",
      hash: SYNTHETIC,
      thresholds: [{ fmr: 0.001, similarity: 0.5 }] as unknown as Inference["pack"]["thresholds"],
      bonaFideAtLeast: 0.3,
      attackBelow: 0.05,
    },
    enrol: async () => ({ kind: "enrolled" }),
    sight: async () => ({ kind: "damaged", detail: "nothing is looked at" }),
    look: async () => scored(similarity),
    forget: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Delivers an empty frame every few milliseconds. */
export function syntheticCamera(everyMs = 2): Camera {
  return {
    name: "no camera",
    check: async () => undefined,
    async open(sink) {
      let sequence = 0;
      const timer = setInterval(() => {
        const frame: Frame = {
          format: "MJPG",
          width: 1,
          height: 1,
          strideBytes: 0,
          data: new Uint8Array(1),
          sequence: sequence++,
          takenAtMs: monotonicMs(),
          giveBack: () => undefined,
        };
        sink.frame(frame);
      }, everyMs);
      return {
        about: "empty frames",
        counts: () => ({ taken: sequence, givenBack: sequence, lost: 0, dropped: 0, damaged: 0 }),
        [Symbol.asyncDispose]: async () => clearInterval(timer),
      };
    },
  };
}
