import type { Camera, FrameSink } from "../../drivers/camera/camera.ts";
import { monotonicMs } from "../../drivers/monotonic.ts";
import type { Metrics } from "../../protocol/messages/metrics.ts";
import type { Inference } from "../inference/inference.ts";

/**
 * Measures the progress of camera and networks. It wraps them without changing their data. It records when a frame or an answer
 * was wanted, when it arrived, and how often.
 */
export interface Instrumentation {
  camera(camera: Camera): Camera;
  inference(inference: Inference): Inference;
  refused(): void;
  metrics(): Metrics;
}

/** `nowMs` is CLOCK_MONOTONIC. */
export function openInstrumentation(nowMs: () => number = monotonicMs): Instrumentation {
  const startedMs = nowMs();
  const frames = openProgress(nowMs);
  const answers = openProgress(nowMs);
  const counts = { verifications: 0, refusals: 0 };
  return {
    camera: (camera) => ({ ...camera, open: (sink) => openInstrumented(camera, sink, frames) }),
    inference: (inference) => instrumentInference(inference, answers, () => counts.verifications++),
    refused: () => void counts.refusals++,
    metrics: () => ({
      uptimeSeconds: seconds(nowMs() - startedMs),
      verificationsTotal: counts.verifications,
      refusalsTotal: counts.refusals,
      framesTotal: frames.came(),
      ...frames.metrics("frameWaitSeconds", "frameAgeSeconds"),
      ...answers.metrics("inferenceWaitSeconds", "inferenceAgeSeconds", "inferenceSeconds"),
    }),
  };
}

/** The progress of frames or of answers. */
interface Progress {
  wanted(): void;
  /** It arrived. `more` means that the next one is wanted now. */
  arrived(more: boolean): void;
  /** It is not wanted any more. */
  over(): void;
  came(): number;
  metrics(wait: keyof Metrics, age: keyof Metrics, took?: keyof Metrics): Metrics;
}

function openProgress(nowMs: () => number): Progress {
  let [wantedMs, arrivedMs, tookMs]: (number | undefined)[] = [];
  let count = 0;
  return {
    wanted: () => {
      wantedMs ??= nowMs();
    },
    arrived(more) {
      count++;
      arrivedMs = nowMs();
      if (wantedMs !== undefined) tookMs = arrivedMs - wantedMs;
      wantedMs = more ? arrivedMs : undefined;
    },
    over: () => {
      wantedMs = undefined;
    },
    came: () => count,
    metrics: (wait, age, took) => ({
      [wait]: wantedMs === undefined ? 0 : seconds(nowMs() - wantedMs),
      ...(arrivedMs === undefined ? {} : { [age]: seconds(nowMs() - arrivedMs) }),
      ...(took === undefined || tookMs === undefined ? {} : { [took]: seconds(tookMs) }),
    }),
  };
}

/** A frame is wanted from the opening of the camera until it is closed or fails. */
async function openInstrumented(camera: Camera, sink: FrameSink, frames: Progress) {
  frames.wanted();
  const instrumented: FrameSink = {
    frame(frame) {
      frames.arrived(true);
      sink.frame(frame);
    },
    failed(error) {
      frames.over();
      sink.failed(error);
    },
  };
  try {
    const capture = await camera.open(instrumented);
    return {
      ...capture,
      async [Symbol.asyncDispose]() {
        frames.over();
        await capture[Symbol.asyncDispose]();
        frames.over();
      },
    };
  } catch (error) {
    frames.over();
    throw error;
  }
}

/** The thread answers in order, so one timer is enough. It runs while an answer is pending. */
function instrumentInference(inference: Inference, answers: Progress, begun: () => void): Inference {
  let pending = 0;
  const ask = async <T>(question: Promise<T>): Promise<T> => {
    pending++;
    answers.wanted();
    try {
      return await question;
    } finally {
      answers.arrived(--pending > 0);
    }
  };
  return {
    // The pack can change, so each caller reads the one in force.
    get pack() {
      return inference.pack;
    },
    [Symbol.asyncDispose]: () => inference[Symbol.asyncDispose](),
    enrol(photo) {
      begun();
      return ask(inference.enrol(photo));
    },
    look: (frame, wanted, turning) => ask(inference.look(frame, wanted, turning)),
    sight: (frame, turning) => ask(inference.sight(frame, turning)),
    forget: () => ask(inference.forget()),
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
