import type { Camera, Capture } from "../../drivers/camera/camera.ts";
import { DriverError } from "../../drivers/errors.ts";
import type { Serialiser } from "../../protocol/common/serialiser.ts";
import { type Aim, type AimClaims, CONTRACT_VERSION } from "../../protocol/messages/contract.ts";
import { Refusal } from "../../protocol/readers/request-reader.ts";
import { CAMERA_FAULTS } from "../faults.ts";
import type { UprightInference } from "../inference/upright-inference.ts";
import { type Clock, wallMsOf } from "../process/clock.ts";
import { aimNumbers } from "../session/aim-numbers.ts";
import { latestFrame } from "./latest-frame.ts";
import { type FaultParts, raiseFault } from "./raise-fault.ts";

export interface AimParts extends FaultParts {
  readonly camera: Camera;
  readonly inference: UprightInference;
  readonly clock: Clock;
  readonly notifyAim: (aim: Aim) => void;
}

/** A camera that is being aimed. */
interface Aiming {
  readonly jti: string;
  /** Ends when the camera is closed again. */
  readonly done: Promise<void>;
  end(why: AimEnd): void;
}

type AimEnd = NonNullable<Aim["ended"]>;

/** About five times a second: fast enough for a hand that turns the camera. */
const EVERY_MS = 200;

/** Reports what the camera sees, until the time is over or `end` is called. Stores nothing. `done` never rejects. */
function startAim({ jti, seconds }: AimClaims, parts: AimParts): Aiming {
  const { inference, clock, notifyAim } = parts;
  const newest = latestFrame(clock.monotonicMs());
  let why: AimEnd | undefined;
  const end = (because: AimEnd) => {
    why ??= because;
    newest.close();
  };
  const send = (atMs: number, numbers: Partial<Aim>) => notifyAim({ v: CONTRACT_VERSION, jti, atMs, ...numbers });
  const fail = (error: unknown) => {
    raiseFault(parts, error);
    end(error instanceof DriverError ? "camera_lost" : "device_fault");
  };
  const timer = setTimeout(() => end("time"), seconds * 1000);
  const observe = async () => {
    await using _capture: Capture = await parts.camera.open({
      frame: (frame) => newest.put(frame),
      failed: fail,
    });
    let sentMs = Number.NEGATIVE_INFINITY;
    for (let frame = await newest.take(); frame; frame = await newest.take()) {
      const isDue = frame.takenAtMs - sentMs >= EVERY_MS;
      const sighting = isDue ? inference.sight(frame) : undefined;
      frame.giveBack();
      const seen = await sighting;
      if (seen?.kind !== "seen" || why) continue;
      parts.deviceStatus.clear(...CAMERA_FAULTS);
      sentMs = frame.takenAtMs;
      send(wallMsOf(clock, frame.takenAtMs), aimNumbers(seen, inference.degrees()));
    }
  };
  const run = async () => {
    await observe().catch(fail);
    clearTimeout(timer);
    await inference.forget().catch(fail);
    send(clock.wallMs(), { ended: why ?? "camera_lost" });
  };
  return { jti, end, done: run() };
}

/** At most one aim at a time. */
interface AimSlot {
  /**
   * Begins an aim in its turn, and ends the one before. `requireFree` is called then, and throws Refusal if no aim may begin.
   * Throws Refusal `cancelled` if the aim was cancelled before.
   */
  begin(claims: AimClaims, requireFree: () => void): Promise<void>;
  /** Ends this aim, or keeps it from beginning. Returns whether there is one. */
  cancel(jti: string): boolean;
  /** Resolves when the camera is closed again. Called in turn. */
  end(why: AimEnd): Promise<void>;
}

/** @param inTurn runs whatever begins, ends or must not run beside an aim, one after the other */
export function openAimSlot(parts: AimParts, inTurn: Serialiser): AimSlot {
  let aiming: Aiming | undefined;
  const waiting = new Set<string>();
  const end = async (why: AimEnd) => {
    aiming?.end(why);
    await aiming?.done;
  };
  const beginNow = async (claims: AimClaims) => {
    await end("cancelled");
    if (!waiting.has(claims.jti)) throw new Refusal("cancelled", "", claims.jti);
    const mine = startAim(claims, parts);
    aiming = mine;
    void mine.done.then(() => {
      if (aiming === mine) aiming = undefined;
    });
  };
  return {
    end,
    async begin(claims, requireFree) {
      waiting.add(claims.jti);
      try {
        await inTurn(async () => {
          requireFree();
          await beginNow(claims);
        });
      } finally {
        waiting.delete(claims.jti);
      }
    },
    cancel(jti) {
      if (aiming?.jti !== jti) return waiting.delete(jti);
      aiming.end("cancelled");
      return true;
    },
  };
}
