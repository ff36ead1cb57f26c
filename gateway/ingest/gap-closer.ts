import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "../archive/archive.ts";
import { claimMissing, findGaps, type Missing } from "../archive/gaps.ts";
import type { Database } from "../database/database.ts";

/** Finds gaps that stay open, and asks cameras for the missing reports until they arrive. */
export interface GapCloser extends AsyncDisposable {
  /** Looks for gaps now. Without a call, it looks every few seconds. */
  look(): Promise<void>;
}

export interface GapCloserParts {
  readonly database: Database;
  readonly found: (findings: readonly Finding[]) => void;
  /** Sends the command to a camera. */
  readonly ask: (missing: Missing) => Promise<void>;
  readonly failed: (error: unknown) => void;
  /** The largest number of reports that one command asks for. */
  readonly mostReports: number;
}

const LOOK_EVERY_MS = 5_000;

export function openGapCloser({ database, found, ask, failed, mostReports }: GapCloserParts): GapCloser {
  const over = new AbortController();
  const look = async () => {
    const findings = await findGaps(database);
    if (findings.length > 0) found(findings);
    for (const missing of await claimMissing(database, mostReports)) await ask(missing).catch(failed);
  };
  const run = async () => {
    while (!over.signal.aborted) {
      await look().catch(failed);
      await sleep(LOOK_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    look,
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}
