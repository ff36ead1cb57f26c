import type { Threshold } from "../../models/pack/manifest.ts";
import type { Reply } from "../../protocol/mqtt/client.ts";
import { Refusal, type VerifyRequest } from "../../protocol/readers/request-reader.ts";
import type { Inference } from "../inference/inference.ts";
import type { UpdateLock } from "../management/update-lock.ts";
import { wallMsOf } from "../process/clock.ts";
import { RESULT_SHOWN_MS } from "../status/light-patterns.ts";
import type { StorageMonitor } from "../status/storage-monitor.ts";
import { assuranceOf, type BeginParts, begin } from "./begin.ts";
import { accept, type Ended, type ReportWriterParts, record } from "./report-writer.ts";
import type { SpoofLock } from "./spoof-lock.ts";
import type { Verification } from "./verification.ts";

export interface SlotParts extends BeginParts, ReportWriterParts {
  readonly inference: Inference;
  readonly storage: StorageMonitor;
  readonly spoofs: SpoofLock;
  /** The threshold for a false match rate. Throws Refusal if the pack does not support the rate. */
  readonly thresholdFor: (fmr: number, jti?: string) => Threshold;
  /** Held from before a request is accepted until the camera is closed and the memory overwritten. */
  readonly updates: Pick<UpdateLock, "take">;
}

/** The place of the only running verification. */
interface Slot {
  /** Accepts a request and begins its verification. No verification may run. Throws Refusal. */
  start(request: VerifyRequest, reply: Reply): Promise<void>;
  /** The request whose verification runs, or whose camera is not closed or memory not overwritten yet. */
  jti(): string | undefined;
  /** Whether a verification runs that has no verdict yet. */
  isRunning(): boolean;
  /** Ends the running verification with this reason. */
  end(because: Parameters<Verification["stop"]>[0]): void;
  /** Resolves when no verification runs, the camera is closed and the memory is overwritten. */
  finished(): Promise<void>;
  /** How many verifications have begun. */
  begun(): number;
  [Symbol.dispose](): void;
}

interface Running {
  readonly jti: string;
  readonly verification: Verification;
  readonly finished: Promise<void>;
}

/** `freed` is called after a verification, when the camera is closed and the memory overwritten. */
export function openSlot(parts: SlotParts, freed: () => void): Slot {
  let running: Running | undefined;
  let dimmed: NodeJS.Timeout | undefined;
  let begun = 0;
  const free = () => {
    running = undefined;
    dimmed = setTimeout(() => parts.deviceStatus.update({ session: undefined }), RESULT_SHOWN_MS);
    freed();
  };
  return {
    async start(request, reply) {
      const threshold = parts.thresholdFor(strictest(request, parts.defaults().fmr), request.jti);
      const lock = await parts.updates.take();
      if (lock === "updating") throw new Refusal("updating", "", request.jti);
      const entry = await accept(parts, request, reply).catch(async (error: unknown) => {
        await lock.letGo();
        throw error;
      });
      clearTimeout(dimmed);
      begun++;
      const suspect = parts.spoofs.suspectOf(request.photo);
      const verification = begin(parts, request, threshold);
      const ending = { entry, threshold, assurance: assuranceOf(request) };
      const finished = finish(parts, ending, suspect, verification).finally(lock.letGo).finally(free);
      running = { jti: request.jti, verification, finished };
    },
    jti: () => running?.jti,
    isRunning: () => running !== undefined && !running.verification.ended(),
    end: (because) => running?.verification.stop(because),
    finished: async () => running?.finished,
    begun: () => begun,
    [Symbol.dispose]: () => clearTimeout(dimmed),
  };
}

/** The false match rate of a verification. A request can only make it smaller than the operator's. */
function strictest({ policy }: VerifyRequest, own: number): number {
  return Math.min(policy?.fmr ?? own, own);
}

/** Stores the report as soon as the verdict is known. The slot is busy until the camera is closed and memory overwritten. */
async function finish(
  parts: SlotParts,
  ending: Omit<Ended, "verdict" | "startedMs">,
  suspect: string,
  running: Verification,
): Promise<void> {
  const beganMs = parts.clock.monotonicMs();
  try {
    const verdict = await running.verdict;
    await record(parts, { ...ending, verdict, startedMs: wallMsOf(parts.clock, beganMs) });
    await parts.spoofs.ended(verdict, suspect).catch(parts.storage.failed);
  } catch (error) {
    parts.log.fatal({ event: "report_failed", err: error, jti: ending.entry.jti });
    parts.fatal(error);
  }
  await running.done;
  parts.deviceStatus.update({ busy: false });
}
