import { DatabaseAway } from "../database/away.ts";
import { persistently } from "./persistent.ts";
import { openTurns } from "./turns.ts";

/** Work for a message. It is repeated while the database is away, so a repetition must be harmless. */
type Work = () => Promise<void>;

/**
 * Does the work of one camera in the order of the calls. While the database is away, the newest work of each camera and kind waits.
 * Resolves when the work is done or waits. Work must reject with DatabaseAway only.
 */
export type Latest = (device: string, kind: string, work: Work) => Promise<void>;

/** So many messages wait for the database in memory. Beyond them, the broker holds new ones back. */
export const MOST_WAITING = 10_000;

export function openLatest(away: (error: unknown) => void, signal: AbortSignal, most = MOST_WAITING): Latest {
  const inTurn = openTurns();
  const waiting = new Map<string, Work>();
  let draining: Promise<void> | undefined;
  const doFirst = async () => {
    const [first] = waiting;
    if (!first) return;
    const [key, work] = first;
    await work();
    // A newer message may have come meanwhile.
    if (waiting.get(key) === work) waiting.delete(key);
  };
  const drain = async () => {
    while (waiting.size > 0) await persistently(doFirst, away, signal);
    draining = undefined;
  };
  return (device, kind, work) =>
    inTurn(device, async () => {
      const key = `${device} ${kind}`;
      while (waiting.size >= most && !waiting.has(key)) await draining;
      // While something waits, nothing else is tried: the messages of a camera keep their order, and no statement fails in vain.
      if (waiting.size === 0 && (await failureOf(work)) === undefined) return;
      waiting.set(key, work);
      draining ??= drain();
    });
}

async function failureOf(work: Work): Promise<DatabaseAway | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseAway) return error;
    throw error;
  }
}
