import { openSerialiser } from "../../protocol/common/serialiser.ts";
import type { AimClaims, CancelClaims } from "../../protocol/messages/contract.ts";
import type { Reply } from "../../protocol/mqtt/client.ts";
import { dropPhoto, Refusal, type VerifyRequest } from "../../protocol/readers/request-reader.ts";
import type { UprightInference } from "../inference/upright-inference.ts";
import type { Entry } from "../messaging/ledger.ts";
import { nearestThreshold } from "../packs/thresholds.ts";
import { inconclusive } from "../session/decision.ts";
import { NO_EVIDENCE } from "../session/evidence.ts";
import { StoreError } from "../storage/store.ts";
import { openAdmission, type Waiting } from "./admission.ts";
import { type AimParts, openAimSlot } from "./aim.ts";
import { store } from "./report-writer.ts";
import { requireAble } from "./requirements.ts";
import { openSlot, type SlotParts } from "./slot.ts";

/** The parts for serving requests. */
interface ServiceParts extends SlotParts, AimParts {
  readonly inference: UprightInference;
}

/**
 * Serves one verification at a time. `verify`, `cancel` and `aim` throw Refusal. A refused request stores nothing; a
 * verification that is refused after it waited may have ended an aim.
 */
export interface Service {
  /**
   * Accepts a request, and overwrites its photo later. If it refuses, the caller must overwrite the photo. A request that has
   * to wait gives a `Waiting` at once.
   */
  verify(request: VerifyRequest, reply: Reply): Promise<Waiting | undefined>;
  /** Whether a request has a report, or its verification runs. `verify` then sends the report again, or to its new place. */
  knows(jti: string): boolean;
  /** Ends the running verification, or refuses a request that waits or is just being accepted. */
  cancel(claims: CancelClaims): void;
  /** Begins to describe what the camera sees. No verification may run, and the next one ends it. */
  aim(claims: AimClaims): Promise<void>;
  /** Stores a report for every request that was accepted before a power cut, as far as the disk allows. */
  settleInterrupted(): Promise<void>;
  /** Whether a verification runs, or its camera is not closed yet. */
  busy(): boolean;
  /** Runs work between two verifications. It waits for the running one and ends an aim, and the next one waits for the work. */
  between(work: () => Promise<void>): Promise<void>;
  /** How many verifications have begun. */
  begun(): number;
  /** Ends the running verification and stores its report. */
  stop(): Promise<void>;
}

export function openService(parts: ServiceParts): Service {
  /** Starts of verifications and aims, and work that must not run beside one, run one after the other. */
  const inTurn = openSerialiser();
  const aims = openAimSlot(parts, inTurn);
  const slot = openSlot(parts, () => admission.next());
  let stopping = false;
  /** The cancelled request that is just being accepted. */
  let cancelled: CancelClaims | undefined;

  const start = async (request: VerifyRequest, reply: Reply) => {
    await slot.finished();
    await aims.end("verification");
    requireAble(parts, stopping, request);
    if (cancelled?.request === request.jti) throw new Refusal("cancelled", "", request.jti);
    await slot.start(request, reply);
    if (cancelled?.request === request.jti) slot.end(cancelled.because);
  };
  const cancelStarting = (claims: CancelClaims) => {
    if (!admission.holds(claims.request)) throw new Refusal("already_ended", "", claims.jti);
    cancelled = claims;
  };
  const admission = openAdmission({
    isRunning: slot.isRunning,
    start: (request, reply) =>
      inTurn(() => start(request, reply)).finally(() => {
        cancelled = undefined;
      }),
    clock: parts.clock,
  });

  return {
    async verify(request, reply) {
      const known = parts.ledger.find(request.jti);
      if (known || admission.holds(request.jti)) {
        dropPhoto(request);
        if (known) await repeat(parts, known, reply);
        return undefined;
      }
      // Checked now, to refuse early. `start` checks again: the verification before may fill the disk or start the lock.
      if (!admission.isBusy() || request.policy?.waitMs) requireAble(parts, stopping, request);
      return admission.admit(request, reply);
    },
    knows: (jti) => slot.jti() === jti || parts.ledger.find(jti)?.seq !== undefined,
    async aim(claims) {
      const { jti } = claims;
      const requireFree = () => {
        if (stopping) throw new Refusal("updating", "the device is stopping", jti);
        if (slot.jti() !== undefined || admission.isBusy()) throw new Refusal("busy", "", jti);
      };
      requireFree();
      await aims.begin(claims, requireFree);
    },
    cancel(claims) {
      const { request, because } = claims;
      if (aims.cancel(request)) return;
      if (slot.jti() === request && slot.isRunning()) slot.end(because);
      else if (!admission.refuse("cancelled", request)) cancelStarting(claims);
    },
    busy: () => slot.jti() !== undefined,
    between: (work) =>
      inTurn(async () => {
        await slot.finished();
        await aims.end("stopping");
        await work();
      }),
    begun: slot.begun,
    // In turn: a request that is just being accepted has no report either, but it is not interrupted.
    settleInterrupted: () => inTurn(() => settleAll(parts, slot.jti())),
    async stop() {
      stopping = true;
      admission.refuse("updating");
      slot.end("interrupted");
      await inTurn(async () => undefined);
      slot.end("interrupted");
      await aims.end("stopping");
      await slot.finished();
      slot[Symbol.dispose]();
    },
  };
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

/**
 * Sends the same report again, to where the sender waits now: another process may have repeated the request. A report that is
 * still being made comes by itself.
 */
async function repeat(
  { ledger, outbox, log, storage }: ServiceParts,
  { jti, seq }: Entry,
  reply: Reply,
): Promise<void> {
  log.info({ event: "request_repeated", jti });
  await ledger.resend(jti, reply).catch((error: unknown) => {
    storage.failed(error);
    throw new Refusal("storage_failed", "", jti);
  });
  if (seq !== undefined) outbox.sendAgain(seq, seq);
}
