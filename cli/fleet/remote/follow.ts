import { setTimeout as sleep } from "node:timers/promises";
import { type AnswerClaims, CarrierError, type Operator, type ReportedClaims } from "../../../carrier/client.ts";

/**
 * A change is confirmed or undone within two minutes, unless a camera has another setting. After this time the command stops
 * waiting.
 */
const WAIT_MS = 150_000;
const AGAIN_MS = 200;

/**
 * Waits for the camera's report that a change is no longer pending, at whichever broker it arrives first; undefined if none
 * arrives in time.
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
 * A report from before the change does not count. At this broker, the camera first reports that the change is pending; at another
 * broker, its report must be younger than its answer. Rejects when it is stopped.
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

/** The camera is not known at a broker to which it has not connected yet. */
function unlessAway(error: unknown): undefined {
  if (!(error instanceof CarrierError) || error.code !== "device_unknown") throw error;
}
