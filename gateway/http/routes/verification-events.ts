import type { Progress } from "../../../protocol/messages/contract.ts";
import type { Endings } from "../../verifications/endings.ts";
import type { ProgressFeed } from "../../verifications/feed.ts";
import { isEnded, stateOf, type Verification } from "../../verifications/verifications.ts";
import type { ServerEvent } from "../route.ts";

/** The most progress messages that wait for a slow reader. Older ones are dropped, because a late hint is useless. */
export const MOST_WAITING = 32;

/** Gives the progress of a verification, and its end. */
export async function* openVerificationEvents(
  { endings, feed }: { readonly endings: Endings; readonly feed: ProgressFeed },
  verification: Verification,
  ended: () => Promise<object>,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent, void> {
  const { device, id, answerBy } = verification;
  const waiting: Progress[] = [];
  let wake: () => void = () => undefined;
  const unsubscribe = feed.subscribe(device, id, (progress) => {
    waiting.push(progress);
    if (waiting.length > MOST_WAITING) waiting.shift();
    wake();
  });
  try {
    const late = AbortSignal.timeout(Math.max(0, answerBy.getTime() - Date.now() + 1));
    let over = isEnded(stateOf(verification, new Date()));
    const end = over ? Promise.resolve() : endings.wait(device, id, AbortSignal.any([signal, late]));
    void end.then(() => {
      over = true;
      wake();
    });
    yield { event: "state", data: { id, state: stateOf(verification, new Date()) } };
    while (!over || waiting.length > 0) {
      for (const { stage, hint, atMs } of waiting.splice(0))
        yield { event: "progress", data: { stage, hint: hint ?? null, atMs } };
      if (over) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (over || waiting.length > 0) resolve();
      });
    }
    if (!signal.aborted) yield { event: "ended", data: await ended() };
  } finally {
    unsubscribe();
  }
}
