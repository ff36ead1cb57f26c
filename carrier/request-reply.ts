import type { Progress, RefusalClaims } from "../protocol/messages/contract.ts";
import type { VerifiedReport } from "./answers.ts";
import type { Connection } from "./connection/connection.ts";
import { deferred } from "./connection/deferred.ts";
import type { ListenedDevice, Listener } from "./connection/listened-device.ts";
import { CarrierError } from "./errors.ts";
import type { Prepared } from "./request.ts";

/** The way to one device and back. */
export interface Way {
  readonly publish: Connection["publish"];
  readonly topic: string;
  readonly device: ListenedDevice;
  /** A topic of our own to which the answer may be sent, too. */
  readonly replyTopic: string | undefined;
  /** Hashes of the model packs whose reports are accepted; every pack's when it is left out. */
  readonly packs: readonly string[] | undefined;
  /** Why nothing is received, in words; empty when nothing is wrong. */
  readonly trouble: () => string;
}

/** What a device may take beyond the verification itself: enrolment, signing, the way there and back. */
const GRACE_MS = 10_000;

/** Sends a request and waits for its answer. `onProgress` must not throw. Throws CarrierError. */
export async function requestReply(
  { publish, topic, device: { listeners }, replyTopic, packs, trouble }: Way,
  { jti, sealed, digest, timeoutMs }: Prepared,
  onProgress: (progress: Progress) => void,
): Promise<VerifiedReport> {
  const answered = deferred<VerifiedReport | CarrierError>();
  let forged = 0;
  const listener: Listener = {
    progress(progress) {
      if (progress.jti === jti) onProgress(progress);
    },
    answer(answer) {
      if (answer.kind === "forged") forged++;
      if (answer.kind === "report" && answer.report.claims.jti === jti) answered.fill(accepted(answer.report, packs));
      if (answer.kind === "refusal" && answer.refusal.digest === digest) answered.fill(refused(answer.refusal));
    },
  };
  listeners.add(listener);
  try {
    const reply = replyTopic === undefined ? {} : { reply: { topic: replyTopic, correlation: digest } };
    await publish({ topic, payload: sealed, ...reply });
    const answer = await answered.within(timeoutMs + GRACE_MS, () => noAnswer(forged, trouble()));
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

function refused({ because, code }: RefusalClaims): CarrierError {
  return new CarrierError("refused", because, { refusal: code });
}

function noAnswer(forged: number, trouble: string): CarrierError {
  const notes = [...(forged > 0 ? [`${forged} messages were not signed by this device`] : []), trouble].filter(Boolean);
  const why = ["the device gave no answer in time", ...notes].join("; ");
  return new CarrierError("no_answer", `${why}; ask again with the same request`);
}
