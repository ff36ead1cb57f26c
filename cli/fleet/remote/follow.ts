import { setTimeout as sleep } from "node:timers/promises";
import { type AnswerClaims, CarrierError, type Operator, type ReportedClaims } from "../../../carrier/client.ts";

/** A change is confirmed or undone in two minutes unless a camera is set otherwise; then it is only not waited for. */
const WAIT_MS = 150_000;
const AGAIN_MS = 200;

/**
 * What a camera reports once a change is not pending any more, at whichever broker it comes first; undefined where it is not
 * heard in time.
 */
export async function followChange(
  brokers: readonly Operator[],
  answer: Pick<AnswerClaims, "iat" | "jti">,
): Promise<ReportedClaims | undefined> {
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, AbortSignal.timeout(WAIT_MS)]);
  try {
    return await Promise.any(brokers.map((operator) => untilEnded(operator, answer, stop)));
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    over.abort();
  }
}

/**
 * A report of before the change is not taken for its end: the camera first reports that it is pending, and where it comes later
 * its report is younger than its answer. Rejects when it is stopped.
 */
async function untilEnded(
  operator: Operator,
  { iat, jti }: Pick<AnswerClaims, "iat" | "jti">,
  stop: AbortSignal,
): Promise<ReportedClaims> {
  let seen = false;
  for (;;) {
    const reported = await operator.reported().catch(unlessAway);
    const pending = reported?.pending?.jti === jti;
    seen ||= pending || reported?.undone?.jti === jti;
    if (reported && !pending && (seen || reported.iat > iat)) return reported;
    await sleep(AGAIN_MS, undefined, { signal: stop });
  }
}

/** At a broker where a camera is not yet, it is not known. */
function unlessAway(error: unknown): undefined {
  if (!(error instanceof CarrierError) || error.code !== "device_unknown") throw error;
}
