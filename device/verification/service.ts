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

/** What serving requests needs. */
export interface ServiceParts extends SlotParts, AimParts {
  readonly inference: UprightInference;
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
  /** Runs work between two verifications: it waits for the running one, and the next one waits for it. */
  between(work: () => Promise<void>): Promise<void>;
  /** How many verifications have begun. */
  begun(): number;
  /** Ends what runs and stores its report. */
  stop(): Promise<void>;
}

export function openService(parts: ServiceParts): Service {
  const aims = openAimSlot(parts);
  const slot = openSlot(parts, () => admission.next());
  /** What begins a verification, and what must not meet one, come one after the other. */
  const inTurn = openSerialiser();
  let stopping = false;

  const start = async (request: VerifyRequest, reply: Reply) => {
    await slot.finished();
    await aims.end("verification");
    requireAble(parts, stopping, request);
    await slot.start(request, reply);
  };
  const admission = openAdmission({
    isRunning: slot.isRunning,
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
      if (slot.jti() !== undefined || admission.isBusy()) throw new Refusal("busy", "", jti);
      await aims.begin(claims);
    },
    cancel({ request, because, jti }) {
      if (aims.holds(request)) void aims.end("cancelled");
      else if (slot.jti() === request && slot.isRunning()) slot.end(because);
      else if (!admission.refuse("cancelled", request)) throw new Refusal("already_ended", "", jti);
    },
    busy: () => slot.jti() !== undefined,
    between: (work) =>
      inTurn(async () => {
        await slot.finished();
        await work();
      }),
    begun: slot.begun,
    // In turn, since a request that is just being accepted has no report either, and is not interrupted.
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
