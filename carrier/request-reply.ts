import type { Progress } from "../protocol/contract.ts";
import type { MqttClient } from "../protocol/mqtt/client.ts";
import type { VerifiedReport } from "./answers.ts";
import { deferred } from "./deferred.ts";
import type { Heard, Listener } from "./device-listener.ts";
import { CarrierError } from "./errors.ts";
import type { Prepared } from "./request.ts";

/** The way to one device and back. */
export interface Way {
  readonly broker: MqttClient;
  readonly topic: string;
  readonly heard: Heard;
  /** Where else the answer may come; the device is told. */
  readonly replyTopic: string | undefined;
}

/** What a device may take beyond the verification itself: enrolment, signing, the way there and back. */
const GRACE_MS = 10_000;

/** Sends a request and waits for the answer that is its own, telling progress on the way. Throws CarrierError. */
export async function requestReply(
  { broker, topic, heard: { listeners }, replyTopic }: Way,
  { jti, sealed, digest, timeoutMs }: Prepared,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<VerifiedReport> {
  const answered = deferred<VerifiedReport | CarrierError>();
  let forged = 0;
  const listener: Listener = {
    progress(progress) {
      if (progress.jti === jti) onProgress(progress);
    },
    answer(answer) {
      if (answer.kind === "forged") forged++;
      if (answer.kind === "report" && answer.report.claims.jti === jti) answered.fill(answer.report);
      if (answer.kind !== "refusal") return;
      const { refusal } = answer;
      if (refusal.digest === digest)
        answered.fill(new CarrierError("refused", refusal.because, { refusal: refusal.code }));
    },
  };
  listeners.add(listener);
  try {
    const reply = replyTopic === undefined ? {} : { reply: { topic: replyTopic, correlation: digest } };
    await broker.publish({ topic, payload: sealed, qos: 1, retain: false, ...reply });
    const answer = await answered.within(timeoutMs + GRACE_MS, () => noAnswer(forged));
    if (answer instanceof CarrierError) throw answer;
    return answer;
  } finally {
    listeners.delete(listener);
  }
}

function noAnswer(forged: number): CarrierError {
  const note = forged > 0 ? `; ${forged} messages were not signed by this device` : "";
  return new CarrierError("no_answer", `the device gave no answer in time${note}; ask again with the same request`);
}
