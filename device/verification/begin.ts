import { randomInt } from "node:crypto";
import type { Threshold } from "../../models/pack/manifest.ts";
import { type Assurance, CONTRACT_VERSION, type Progress } from "../../protocol/messages/contract.ts";
import type { VerifyRequest } from "../../protocol/readers/request-reader.ts";
import { CAMERA_FAULTS } from "../faults.ts";
import { wallMsOf } from "../process/clock.ts";
import type { ChallengePolicy, ChallengeRules } from "../session/challenge.ts";
import { hintOf, type SessionState } from "../session/session.ts";
import type { DeviceStatus } from "../status/device-status.ts";
import { lightOf } from "../status/light-patterns.ts";
import { type FaultParts, raiseFault } from "./raise-fault.ts";
import { startVerification, type Verification, type VerificationParts } from "./verification.ts";

/** The values for a request that does not set them. */
interface Defaults {
  readonly timeoutMs: number;
  readonly fmr: number;
  readonly challenge: ChallengePolicy;
}

export interface BeginParts extends VerificationParts, FaultParts {
  readonly defaults: () => Defaults;
  readonly notifyProgress: (progress: Progress) => void;
}

export function assuranceOf({ policy }: VerifyRequest): Assurance {
  return policy?.assurance ?? "standard";
}

const SIDES = ["left", "right"] as const;

/** Starts a verification, and shows its progress to the light and the carrier. */
export function begin(parts: BeginParts, request: VerifyRequest, { similarity: threshold }: Threshold): Verification {
  const { inference, deviceStatus, clock } = parts;
  const { jti, policy, photo } = request;
  const { bonaFideAtLeast, attackBelow } = inference.pack;
  const assurance = assuranceOf(request);
  const sides = Array.from({ length: assurance === "high" ? 2 : 1 }, () => SIDES[randomInt(2)] ?? "left");
  const challenge: ChallengeRules = { policy: policy?.challenge ?? parts.defaults().challenge, sides };
  const plan = {
    photo,
    rules: { threshold, bonaFideAtLeast, attackBelow, assurance, challenge },
    timeoutMs: policy?.timeoutMs ?? parts.defaults().timeoutMs,
  };
  const notifyProgress = (stage: Progress["stage"]) =>
    parts.notifyProgress({ v: CONTRACT_VERSION, jti, stage, atMs: clock.wallMs() });
  const notifyHint = (hint: Progress["hint"], takenAtMs = clock.monotonicMs()) =>
    parts.notifyProgress({ v: CONTRACT_VERSION, jti, stage: "hint", atMs: wallMsOf(clock, takenAtMs), hint });
  deviceStatus.update({ busy: true, session: "preparing" });
  notifyProgress("accepted");
  return startVerification(plan, parts, {
    changed: followStates(deviceStatus, notifyProgress, notifyHint),
    seeing: () => deviceStatus.clear(...CAMERA_FAULTS),
    fault: (error) => raiseFault(parts, error),
  });
}

/** Converts states into light patterns and progress messages. A hint is sent only when it changes. */
function followStates(
  deviceStatus: DeviceStatus,
  notifyProgress: (stage: Progress["stage"]) => void,
  notifyHint: (hint: Progress["hint"], takenAtMs: number | undefined) => void,
) {
  let stage: SessionState["kind"] = "enrolling";
  let said: ReturnType<typeof hintOf> = null;
  return (state: SessionState) => {
    deviceStatus.update({ session: lightOf(state) });
    const hint = hintOf(state);
    if (state.kind !== stage) notifyProgress(state.kind === "ended" ? "ended" : "looking");
    else if (state.kind === "looking" && hint !== said) notifyHint(hint, state.guidance.saidAtMs);
    stage = state.kind;
    said = hint;
  };
}
