import type { Camera, FrameSink } from "../../drivers/camera/camera.ts";
import { monotonicMs } from "../../drivers/monotonic.ts";
import type { Metrics } from "../../protocol/metrics.ts";
import type { Inference } from "../inference/inference.ts";

/**
 * Feels whether the parts that should move do. It stands between the service and its camera and networks, changes
 * nothing that passes, and remembers only when something was wanted, when it came, and how often.
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
    camera: (camera) => ({ ...camera, open: (sink) => openFelt(camera, sink, frames) }),
    inference: (inference) => feelInference(inference, answers, () => counts.verifications++),
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

/** Something that is wanted and comes, again and again. */
interface Progress {
  wanted(): void;
  /** It came; `more` when the next is wanted at once. */
  arrived(more: boolean): void;
  /** It is not wanted any more. */
  over(): void;
  came(): number;
  metrics(wait: keyof Metrics, age: keyof Metrics, took?: keyof Metrics): Metrics;
}

function openProgress(nowMs: () => number): Progress {
  let [wantedMs, cameMs, tookMs]: (number | undefined)[] = [];
  let count = 0;
  return {
    wanted: () => {
      wantedMs ??= nowMs();
    },
    arrived(more) {
      count++;
      cameMs = nowMs();
      if (wantedMs !== undefined) tookMs = cameMs - wantedMs;
      wantedMs = more ? cameMs : undefined;
    },
    over: () => {
      wantedMs = undefined;
    },
    came: () => count,
    metrics: (wait, age, took) => ({
      [wait]: wantedMs === undefined ? 0 : seconds(nowMs() - wantedMs),
      ...(cameMs === undefined ? {} : { [age]: seconds(nowMs() - cameMs) }),
      ...(took === undefined || tookMs === undefined ? {} : { [took]: seconds(tookMs) }),
    }),
  };
}

/** A frame is wanted from the moment the camera is opened until it is closed or has failed. */
async function openFelt(camera: Camera, sink: FrameSink, frames: Progress) {
  frames.wanted();
  const felt: FrameSink = {
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
    const capture = await camera.open(felt);
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

/** Questions are answered in order, so one clock does for all: it runs while any answer is owed. */
function feelInference(inference: Inference, answers: Progress, begun: () => void): Inference {
  let owed = 0;
  const ask = async <T>(question: Promise<T>): Promise<T> => {
    owed++;
    answers.wanted();
    try {
      return await question;
    } finally {
      answers.arrived(--owed > 0);
    }
  };
  return {
    // The pack may be exchanged: whoever asks is told of the one in force.
    get pack() {
      return inference.pack;
    },
    [Symbol.asyncDispose]: () => inference[Symbol.asyncDispose](),
    enrol(photo) {
      begun();
      return ask(inference.enrol(photo));
    },
    look: (frame, onlyLife) => ask(inference.look(frame, onlyLife)),
    forget: () => ask(inference.forget()),
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
