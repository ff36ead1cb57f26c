import type { Clock } from "../../process/clock.ts";
import type { Log } from "../../process/log.ts";
import { repeat } from "../../process/repeat.ts";
import type { Store } from "../../storage/store.ts";
import { type ChangeFacts, confirmPending, decideChange, readChanges, undoPending } from "./pending-change.ts";

interface JudgeParts {
  readonly store: Store;
  readonly clock: Pick<Clock, "monotonicMs" | "wallMs">;
  readonly boundMs: number;
  readonly log: Log;
}

/** Confirms or undoes the pending change if the time has come, and returns what it did. Throws StoreError. */
export async function judgeChange(
  { store, clock, boundMs, log }: JudgeParts,
  facts: Pick<ChangeFacts, "reached" | "trouble">,
): Promise<"none" | "wait" | "confirmed" | "undone"> {
  const { pending } = readChanges(store);
  if (!pending) return "none";
  const { jti, names } = pending;
  const decision = decideChange(pending, { nowMs: clock.monotonicMs(), boundMs, ...facts });
  if (decision.kind === "wait") return "wait";
  if (decision.kind === "confirm") {
    await store.write(confirmPending(pending));
    log.info({ event: "settings_confirmed", jti, names });
    return "confirmed";
  }
  const { code, because } = decision;
  await store.write(undoPending({ jti, names: [...names], at: Math.floor(clock.wallMs() / 1_000), code, because }));
  log.error({ event: "settings_undone", jti, names, code, reason: because });
  return "undone";
}

interface ChangeMonitorParts extends JudgeParts {
  /** Whether the camera is connected and nothing is denied. */
  readonly connected: () => boolean;
  readonly trouble: () => string | undefined;
  /** Called after the change was confirmed or undone. */
  readonly ended: (how: "confirmed" | "undone") => void;
}

/** Denials come in the first moments of a connection, so it must last this long, or a quarter of the bound. */
const HOLDS_MS = 3_000;
const CHECK_MS = 500;

/** Monitors a change that is pending when the device is opened, until it is confirmed or undone. */
export function monitorChange(parts: ChangeMonitorParts): AsyncDisposable {
  const { clock, store, boundMs } = parts;
  let sinceMs: number | undefined;
  if (!readChanges(store).pending) return { [Symbol.asyncDispose]: async () => undefined };
  const check = async () => {
    sinceMs = parts.connected() ? (sinceMs ?? clock.monotonicMs()) : undefined;
    const heldMs = sinceMs === undefined ? -1 : clock.monotonicMs() - sinceMs;
    const reached = heldMs >= Math.min(HOLDS_MS, boundMs / 4);
    const ending = await judgeChange(parts, { reached, trouble: parts.trouble() });
    if (ending === "confirmed" || ending === "undone") parts.ended(ending);
  };
  const unsure = (error: unknown) => parts.log.error({ event: "settings_undecided", reason: String(error) });
  return repeat(Math.min(CHECK_MS, boundMs / 10), () => check().catch(unsure));
}
