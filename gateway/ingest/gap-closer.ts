import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "../archive/archive.ts";
import { claimMissing, findGaps, type Missing } from "../archive/gaps.ts";
import type { Database } from "../database/database.ts";

/** Finds gaps that stay, and asks cameras for what is missing until it is there. */
export interface GapCloser extends AsyncDisposable {
  /** Looks now; by itself it looks every few seconds. */
  look(): Promise<void>;
}

export interface GapCloserParts {
  readonly database: Database;
  readonly found: (findings: readonly Finding[]) => void;
  /** Sends the command to a camera. */
  readonly ask: (missing: Missing) => Promise<void>;
  readonly failed: (error: unknown) => void;
  /** Reports that one command asks for. */
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
