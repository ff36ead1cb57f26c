import type { Aim, Progress } from "../protocol/messages/contract.ts";
import type { Answer, VerifiedReport } from "./answers.ts";
import type { Connection } from "./connection/connection.ts";
import { deferred } from "./connection/deferred.ts";
import type { ListenedDevice, Listener } from "./connection/listened-device.ts";
import { CarrierError } from "./errors.ts";
import type { Prepared } from "./request.ts";

/** The connection to one device. */
export interface Way {
  readonly publish: Connection["publish"];
  readonly topic: string;
  readonly device: ListenedDevice;
  /** The reply topic of this process, if there is one. */
  readonly replyTopic: string | undefined;
  /** Hashes of the model packs whose reports are accepted. Default: all packs. */
  readonly packs: readonly string[] | undefined;
  /** Why nothing is received, in words; empty when nothing is wrong. */
  readonly trouble: () => string;
}

/** The time that a device may take beyond the verification: reading the photo, signing, the transport. */
const GRACE_MS = 10_000;

/** Sends a request and waits for its report. `onProgress` must not throw. Throws CarrierError. */
export function requestReply(
  way: Way,
  prepared: Prepared,
  onProgress: (progress: Progress) => void,
): Promise<VerifiedReport> {
  const { jti, digest } = prepared;
  const pick = (answer: Answer) => {
    if (answer.kind === "report" && answer.report.claims.jti === jti) return accepted(answer.report, way.packs);
    return refusedOf(answer, digest);
  };
  return answered(way, prepared, pick, (progress) => progress.jti === jti && onProgress(progress));
}

/**
 * Sends a cancel of `request` and waits for its answer. A camera of an earlier version sends only the report that the cancel
 * ended. Any other report was made before the cancel came, and its refusal follows.
 */
export async function cancelReply(way: Way, prepared: Prepared, request: string): Promise<void> {
  await answered<Answer>(way, prepared, (answer) => {
    if (answer.kind === "cancelled" && answer.cancelled.digest === prepared.digest) return answer;
    if (answer.kind === "report" && answer.report.claims.jti === request && isCancelled(answer.report)) return answer;
    return refusedOf(answer, prepared.digest);
  });
}

function isCancelled({ claims: { reason } }: VerifiedReport): boolean {
  return reason === "cancelled" || reason === "declined";
}

/** Asks a device to describe what it sees, until its last message. `onAim` must not throw. Throws CarrierError. */
export async function aimReply(way: Way, prepared: Prepared, onAim: (aim: Aim) => void): Promise<Aim> {
  const last = (aim: Aim) => {
    if (aim.jti !== prepared.jti) return undefined;
    onAim(aim);
    return aim.ended === undefined ? undefined : aim;
  };
  return answered<Aim>(way, prepared, (answer) => refusedOf(answer, prepared.digest), undefined, last);
}

/** Sends a message, and waits for the answer that `pick` accepts. */
async function answered<T extends object>(
  { publish, topic, device: { listeners, waiters }, replyTopic, trouble }: Way,
  { sealed, digest, timeoutMs }: Prepared,
  pick: (answer: Answer) => T | CarrierError | undefined,
  progress: (progress: Progress) => unknown = () => undefined,
  aim: (aim: Aim) => T | undefined = () => undefined,
): Promise<T> {
  const came = deferred<T | CarrierError>(waiters);
  let forged = 0;
  const listener: Listener = {
    progress: (one) => void progress(one),
    aim(one) {
      const last = aim(one);
      if (last) came.fill(last);
    },
    answer(answer) {
      if (answer.kind === "forged") forged++;
      const picked = pick(answer);
      if (picked) came.fill(picked);
    },
  };
  listeners.add(listener);
  try {
    const reply = replyTopic === undefined ? {} : { reply: { topic: replyTopic, correlation: digest } };
    await publish({ topic, payload: sealed, ...reply });
    const answer = await came.within(timeoutMs + GRACE_MS, () => noAnswer(forged, trouble()));
    if (answer instanceof CarrierError) throw answer;
    return answer;
  } finally {
    listeners.delete(listener);
  }
}

function accepted(report: VerifiedReport, packs: readonly string[] | undefined): VerifiedReport | CarrierError {
  const { iss, pack } = report.claims;
  if (isPinned(report, packs)) return report;
  return new CarrierError("wrong_pack", `${iss} decided by the model pack ${pack.hash}, which is not pinned`, {
    report,
  });
}

/** Whether a report was made with one of these model packs. */
export function isPinned({ claims }: VerifiedReport, packs: readonly string[] | undefined): boolean {
  return packs === undefined || packs.includes(claims.pack.hash);
}

function refusedOf(answer: Answer, digest: string): CarrierError | undefined {
  if (answer.kind !== "refusal" || answer.refusal.digest !== digest) return undefined;
  const { because, code } = answer.refusal;
  return new CarrierError("refused", because, { refusal: code });
}

function noAnswer(forged: number, trouble: string): CarrierError {
  const notes = [...(forged > 0 ? [`${forged} messages were not signed by this device`] : []), trouble].filter(Boolean);
  const why = ["the device gave no answer in time", ...notes].join("; ");
  return new CarrierError("no_answer", `${why}; ask again with the same request`);
}
