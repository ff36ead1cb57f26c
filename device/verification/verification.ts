import type { Camera, Capture } from "../../drivers/camera/camera.ts";
import { DriverError } from "../../drivers/errors.ts";
import type { Wanted } from "../../models/pipeline/observation.ts";
import { withResolvers } from "../../protocol/common/with-resolvers.ts";
import type { Inference } from "../inference/inference.ts";
import type { Clock } from "../process/clock.ts";
import type { Rules, Verdict } from "../session/decision.ts";
import { next, type SessionEvent, type SessionState, STARTED, wantedOf } from "../session/session.ts";
import { type LatestFrame, latestFrame } from "./latest-frame.ts";

/** The input of one verification. */
interface Plan {
  /** The reference photo, JPEG or PNG. It is overwritten as soon as its template is computed. */
  readonly photo: Uint8Array;
  readonly rules: Rules;
  readonly timeoutMs: number;
}

export interface VerificationParts {
  readonly camera: Camera;
  readonly inference: Inference;
  readonly clock: Clock;
}

/** Events of a running verification. */
interface VerificationEvents {
  changed(state: SessionState): void;
  /** The device has a fault. The verification ends by itself. */
  fault(error: unknown): void;
  /** The camera has delivered a readable frame. */
  seeing(): void;
}

/** A running verification. `verdict` resolves first, `done` when the camera is closed and the memory overwritten. */
export interface Verification {
  readonly verdict: Promise<Verdict>;
  readonly done: Promise<void>;
  ended(): boolean;
  stop(because: "cancelled" | "declined" | "interrupted"): void;
}

/** After this many consecutive damaged frames the camera counts as faulty. */
const DAMAGED_LIMIT = 30;

/** Runs one verification. Its promises never reject: an error becomes a verdict. */
export function startVerification(plan: Plan, parts: VerificationParts, events: VerificationEvents): Verification {
  let state = STARTED;
  const verdict = withResolvers<Verdict>();
  const newest = latestFrame(parts.clock.monotonicMs());
  const step = (event: SessionEvent) => {
    if (state.kind === "ended") return;
    state = next(state, event, plan.rules);
    events.changed(state);
    if (state.kind !== "ended") return;
    newest.close();
    verdict.resolve(state.verdict);
  };
  // A frame may be analysed after the camera was lost. It says nothing about the camera now.
  const stillSeeing = { ...events, seeing: () => (state.kind === "ended" ? undefined : events.seeing()) };
  const wanted = () => wantedOf(state, plan.rules);
  const deadline = setTimeout(() => step({ kind: "deadline" }), plan.timeoutMs);
  const run = async () => {
    try {
      await enrol(plan.photo, parts.inference, step);
      // The carrier may have cancelled meanwhile. Then the camera stays closed.
      if (state.kind === "looking") await processFrames(parts, newest, { step, wanted }, stillSeeing);
    } catch (error) {
      events.fault(error);
      step(asEvent(error));
    } finally {
      clearTimeout(deadline);
      await parts.inference.forget().catch(events.fault);
    }
  };
  return {
    verdict: verdict.promise,
    done: run(),
    ended: () => state.kind === "ended",
    stop: (because) => step({ kind: "stopped", because }),
  };
}

type Step = (event: SessionEvent) => void;

async function enrol(photo: Uint8Array, inference: Inference, step: Step): Promise<void> {
  const enrolled = await inference.enrol(photo).finally(() => photo.fill(0));
  if (enrolled.kind === "enrolled") step({ kind: "enrolled" });
  else step({ kind: "reference_unusable", problem: enrolled.problem, detail: enrolled.detail });
}

/** The camera is open from here until `newest` is closed at the end of the session. */
async function processFrames(
  parts: VerificationParts,
  newest: LatestFrame,
  { step, wanted }: { readonly step: Step; readonly wanted: () => Wanted },
  events: VerificationEvents,
): Promise<void> {
  await using _capture: Capture = await parts.camera.open({
    frame: (frame) => newest.put(frame),
    failed: (error) => {
      events.fault(error);
      step(asEvent(error));
    },
  });
  let damaged = 0;
  for (let frame = await newest.take(); frame; frame = await newest.take()) {
    const looking = parts.inference.look(frame, wanted());
    // The thread has its copy, so the camera can reuse this memory while the thread analyses the frame.
    frame.giveBack();
    const look = await looking;
    if (look.kind !== "damaged") {
      if (damaged === 0) events.seeing();
      damaged = 0;
      step({ kind: "observed", observation: look, atMs: frame.takenAtMs });
    } else if (++damaged === DAMAGED_LIMIT) {
      throw new DriverError("damaged", look.detail);
    }
  }
}

function asEvent(error: unknown): SessionEvent {
  const detail = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof DriverError ? "camera_lost" : "device_fault", detail: detail.slice(0, 200) };
}
