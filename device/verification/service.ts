import { randomInt } from "node:crypto";
import type { Threshold } from "../../models/pack/manifest.ts";
import { openSerialiser } from "../../protocol/common/serialiser.ts";
import {
  type AimClaims,
  type Assurance,
  type CancelClaims,
  CONTRACT_VERSION,
  type Progress,
} from "../../protocol/messages/contract.ts";
import type { Reply } from "../../protocol/mqtt/client.ts";
import { dropPhoto, Refusal, type VerifyRequest } from "../../protocol/readers/request-reader.ts";
import { CAMERA_FAULTS, faultOf } from "../faults.ts";
import type { UprightInference } from "../inference/upright-inference.ts";
import type { UpdateLock } from "../management/update-lock.ts";
import type { Entry } from "../messaging/ledger.ts";
import { nearestThreshold } from "../packs/thresholds.ts";
import type { ChallengePolicy, ChallengeRules } from "../session/challenge.ts";
import { inconclusive } from "../session/decision.ts";
import { NO_EVIDENCE } from "../session/evidence.ts";
import { hintOf, type SessionState } from "../session/session.ts";
import type { DeviceStatus } from "../status/device-status.ts";
import { lightOf, RESULT_SHOWN_MS } from "../status/light-patterns.ts";
import type { StorageMonitor } from "../status/storage-monitor.ts";
import { StoreError } from "../storage/store.ts";
import { openAdmission, type Waiting } from "./admission.ts";
import { type AimParts, openAimSlot } from "./aim.ts";
import { accept, type Ended, type ReportWriterParts, record, store } from "./report-writer.ts";
import type { SpoofLock } from "./spoof-lock.ts";
import { startVerification, type Verification, type VerificationParts } from "./verification.ts";

/** What holds where a request does not say. */
export interface Defaults {
  readonly timeoutMs: number;
  readonly fmr: number;
  readonly challenge: ChallengePolicy;
}

/** What serving requests needs. */
export interface ServiceParts extends VerificationParts, ReportWriterParts, AimParts {
  readonly inference: UprightInference;
  readonly deviceStatus: DeviceStatus;
  readonly storage: StorageMonitor;
  readonly spoofs: SpoofLock;
  /** What holds where a request does not say. */
  readonly defaults: () => Defaults;
  /** The threshold for a false match rate; throws Refusal when the pack cannot give one. */
  readonly thresholdFor: (fmr: number, jti?: string) => Threshold;
  readonly notifyProgress: (progress: Progress) => void;
  /** Held from before a request is accepted until camera and memory are clear again. */
  readonly updates: Pick<UpdateLock, "take">;
  /** Something only a new start mends. */
  readonly fatal: (error: unknown) => void;
}

/** Serves one verification at a time. `verify` and `cancel` throw Refusal; nothing is changed by a refused request. */
export interface Service {
  /**
   * Takes the photo of a request that it accepts, and overwrites it; of one that it refuses the caller does. One that may
   * wait is not waited for here.
   */
  verify(request: VerifyRequest, reply: Reply): Promise<Waiting | undefined>;
  /** Ends a verification that runs, or refuses a request that waits. */
  cancel(claims: CancelClaims): void;
  /** Begins to say what the camera sees; a verification ends it, and none may run. */
  aim(claims: AimClaims): Promise<void>;
  /** Gives every request that was accepted before a power cut its report, as far as the disk lets it. */
  settleInterrupted(): Promise<void>;
  /** Whether somebody is being verified, or the camera is still being closed after it. */
  busy(): boolean;
  /** Runs something while nobody is verified: a verification that runs is waited for, the next one waits. */
  between(work: () => Promise<void>): Promise<void>;
  /** How many verifications have begun. */
  begun(): number;
  /** Ends what runs and stores its report. */
  stop(): Promise<void>;
}

interface Running {
  readonly jti: string;
  readonly verification: Verification;
  readonly finished: Promise<void>;
}

export function openService(parts: ServiceParts): Service {
  let running: Running | undefined;
  let dimmed: NodeJS.Timeout | undefined;
  let begun = 0;
  const aims = openAimSlot(parts);
  /** What begins a verification, and what must not meet one, come one after the other. */
  const inTurn = openSerialiser();
  let stopping = false;
  const dimLater = () => {
    dimmed = setTimeout(() => parts.deviceStatus.update({ session: undefined }), RESULT_SHOWN_MS);
  };

  const start = async (request: VerifyRequest, reply: Reply) => {
    await running?.finished;
    await aims.end("verification");
    requireAble(parts, stopping, request);
    const threshold = parts.thresholdFor(strictest(request, parts.defaults().fmr), request.jti);
    const lock = await parts.updates.take();
    if (lock === "updating") throw new Refusal("updating", "", request.jti);
    const entry = await accept(parts, request, reply).catch(async (error: unknown) => {
      await lock.letGo();
      throw error;
    });
    clearTimeout(dimmed);
    begun++;
    const suspect = parts.spoofs.suspectOf(request.photo);
    const verification = begin(parts, request, threshold);
    const finished = finish(parts, { entry, threshold, assurance: assuranceOf(request) }, suspect, verification)
      .finally(lock.letGo)
      .finally(() => {
        running = undefined;
        dimLater();
        admission.next();
      });
    running = { jti: request.jti, verification, finished };
  };
  const isRunning = () => running !== undefined && !running.verification.ended();
  const admission = openAdmission({
    isRunning,
    start: (request, reply) => inTurn(() => start(request, reply)),
    clock: parts.clock,
  });

  return {
    async verify(request, reply) {
      const known = parts.ledger.find(request.jti);
      if (known || admission.holds(request.jti)) {
        dropPhoto(request);
        if (known) await repeat(parts, known);
        return undefined;
      }
      // Asked at once, and again after the verification before: its report may be what the disk or the lock waits for.
      if (!admission.isBusy() || request.policy?.waitMs) requireAble(parts, stopping, request);
      return admission.admit(request, reply);
    },
    async aim(claims) {
      const { jti } = claims;
      if (stopping) throw new Refusal("updating", "the device is stopping", jti);
      if (running || admission.isBusy()) throw new Refusal("busy", "", jti);
      await aims.begin(claims);
    },
    cancel({ request, because, jti }) {
      if (aims.holds(request)) void aims.end("cancelled");
      else if (running?.jti === request && isRunning()) running.verification.stop(because);
      else if (!admission.refuse("cancelled", request)) throw new Refusal("already_ended", "", jti);
    },
    busy: () => running !== undefined,
    between: (work) =>
      inTurn(async () => {
        await running?.finished;
        await work();
      }),
    begun: () => begun,
    // In turn, since a request that is just being accepted has no report either, and is not interrupted.
    settleInterrupted: () => inTurn(() => settleAll(parts, running?.jti)),
    async stop() {
      stopping = true;
      admission.refuse("updating");
      running?.verification.stop("interrupted");
      await inTurn(async () => undefined);
      running?.verification.stop("interrupted");
      await aims.end("stopping");
      await running?.finished;
      clearTimeout(dimmed);
    },
  };
}

/** The false match rate of a verification. A request can only make it smaller than the operator's. */
function strictest({ policy }: VerifyRequest, own: number): number {
  return Math.min(policy?.fmr ?? own, own);
}

async function settleAll(parts: ServiceParts, besides: string | undefined): Promise<void> {
  const interrupted = parts.ledger.unfinished().filter(({ jti }) => jti !== besides);
  if (interrupted.length === 0) return;
  const threshold = nearestThreshold(parts.inference.pack, parts.defaults().fmr);
  for (const entry of interrupted) {
    await store(parts, { entry, threshold, verdict: inconclusive("interrupted", NO_EVIDENCE) }).catch((error) => {
      if (!(error instanceof StoreError)) throw error;
      parts.storage.failed(error);
    });
  }
}

function requireAble(parts: ServiceParts, stopping: boolean, request: VerifyRequest): void {
  const { jti } = request;
  if (stopping) throw new Refusal("updating", "the device is stopping", jti);
  requireUnlocked(parts, request);
  if (parts.storage.isFailing()) throw new Refusal("storage_failed", "", jti);
}

/** Who was suspected must ask the staff; everybody else is served. */
function requireUnlocked({ spoofs, clock }: ServiceParts, { jti, photo }: VerifyRequest): void {
  const { lockedUntilMs } = spoofs.state();
  if (lockedUntilMs === undefined || !spoofs.refuses(spoofs.suspectOf(photo))) return;
  throw new Refusal("locked", `${Math.ceil((lockedUntilMs - clock.wallMs()) / 1000)} s more`, jti);
}

/** The same report again; one that is still being made will come by itself. */
async function repeat({ ledger, outbox, log, storage }: ServiceParts, { jti, seq }: Entry): Promise<void> {
  log.info({ event: "request_repeated", jti });
  if (seq === undefined) return;
  await ledger.resend(seq).catch((error: unknown) => {
    storage.failed(error);
    throw new Refusal("storage_failed", "", jti);
  });
  outbox.sendAgain(seq, seq);
}

function assuranceOf({ policy }: VerifyRequest): Assurance {
  return policy?.assurance ?? "standard";
}

const SIDES = ["left", "right"] as const;

function begin(parts: ServiceParts, request: VerifyRequest, { similarity: threshold }: Threshold): Verification {
  const { inference, deviceStatus, log, clock } = parts;
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
  const notifyProgress = (stage: Progress["stage"], hint?: Progress["hint"]) =>
    parts.notifyProgress({
      v: CONTRACT_VERSION,
      jti,
      stage,
      atMs: clock.wallMs(),
      ...(hint === undefined ? {} : { hint }),
    });
  deviceStatus.update({ busy: true, session: "preparing" });
  notifyProgress("accepted");
  return startVerification(plan, parts, {
    changed: bestEffort(deviceStatus, notifyProgress),
    seeing: () => deviceStatus.clear(...CAMERA_FAULTS),
    fault(error) {
      const code = faultOf(error);
      log.error({ event: code, err: error });
      deviceStatus.raise(code);
      if (code === "inference_failed") parts.fatal(error);
    },
  });
}

/** Turns states into light and progress; a hint goes out only when it changes. */
function bestEffort(
  deviceStatus: DeviceStatus,
  notifyProgress: (stage: Progress["stage"], hint?: Progress["hint"]) => void,
) {
  let stage: SessionState["kind"] = "enrolling";
  let said: ReturnType<typeof hintOf> = null;
  return (state: SessionState) => {
    deviceStatus.update({ session: lightOf(state) });
    const hint = hintOf(state);
    if (state.kind !== stage) notifyProgress(state.kind === "ended" ? "ended" : "looking");
    else if (hint !== said) notifyProgress("hint", hint);
    stage = state.kind;
    said = hint;
  };
}

/** Stores the report as soon as the verdict is known; busy until camera and memory are clear again. */
async function finish(
  parts: ServiceParts,
  ending: Omit<Ended, "verdict" | "tookMs">,
  suspect: string,
  running: Verification,
): Promise<void> {
  const startedMs = parts.clock.monotonicMs();
  try {
    const verdict = await running.verdict;
    await record(parts, { ...ending, verdict, tookMs: parts.clock.monotonicMs() - startedMs });
    await parts.spoofs.ended(verdict, suspect).catch(parts.storage.failed);
  } catch (error) {
    parts.log.fatal({ event: "report_failed", err: error, jti: ending.entry.jti });
    parts.fatal(error);
  }
  await running.done;
  parts.deviceStatus.update({ busy: false });
}
