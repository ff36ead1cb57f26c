import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../process/clock.ts";
import type { Log } from "../process/log.ts";
import type { Verdict } from "../session/decision.ts";
import {
  countSpoof,
  lockLeftMs,
  NO_SPOOFS,
  type SpoofCount,
  type SpoofRules,
  type SpoofState,
  spoofState,
} from "../session/spoof-count.ts";
import type { DeviceStatus } from "../status/device-status.ts";
import type { Store } from "../storage/store.ts";

/**
 * Counts sessions that looked like an attack. If there are too many, their reference photos are refused for some time: who
 * holds a picture of that person before the camera must talk to the staff, and the next customer is served.
 */
export interface SpoofLock extends Disposable {
  state(): SpoofState;
  /** Identifies a photo without revealing anything about it. */
  suspectOf(photo: Uint8Array): string;
  /** Whether a photo was suspected recently. Used only while `state` is locked. */
  refuses(suspect: string): boolean;
  /** Counts the end of a session. Throws StoreError; the count in memory is then still updated. */
  ended(verdict: Verdict, suspect: string): Promise<void>;
}

interface SpoofLockParts {
  readonly store: Pick<Store, "get" | "write">;
  readonly clock: Pick<Clock, "wallMs" | "monotonicMs">;
  readonly deviceStatus: Pick<DeviceStatus, "raise" | "clear" | "update">;
  readonly log: Log;
  readonly rules: SpoofRules;
}

const KEY = "spoofs";

/**
 * The count survives a restart. The suspected photos do not, because nothing of a photo is ever stored, not even a digest. So
 * after a restart a locked device shows the lock but refuses nobody.
 */
export function openSpoofLock({ store, clock, deviceStatus, log, rules }: SpoofLockParts): SpoofLock {
  let count = (store.get(KEY) as SpoofCount | undefined) ?? NO_SPOOFS;
  const key = randomBytes(32);
  const suspects = new Set<string>();
  let opens: NodeJS.Timeout | undefined;
  const opening = () => clock.monotonicMs() + lockLeftMs(count, clock.wallMs(), rules);
  let opensAtMs = opening();
  const leftMs = () => Math.max(0, opensAtMs - clock.monotonicMs());
  const state = () => spoofState(count, clock.wallMs(), leftMs(), rules);
  const show = () => {
    clearTimeout(opens);
    const { attemptsLeft, lockedUntilMs } = state();
    deviceStatus.update({ spoofs: rules.limit === 0 ? undefined : { attemptsLeft, lockedUntilMs } });
    if (lockedUntilMs === undefined) return deviceStatus.clear("spoof_locked");
    deviceStatus.raise("spoof_locked");
    opens = setTimeout(show, leftMs() + 1);
  };
  show();
  return {
    state,
    suspectOf: (photo) => createHmac("sha256", key).update(photo).digest("base64"),
    refuses: (suspect) => suspects.has(suspect),
    async ended(verdict, suspect) {
      if (verdict.suspected && rules.limit > 0) addBounded(suspects, suspect);
      if (verdict.decision === "match" && leftMs() === 0) suspects.clear();
      const before = count;
      count = countSpoof(count, verdict, { nowMs: clock.wallMs(), leftMs: leftMs() }, rules);
      if (count === before || (count === NO_SPOOFS && before.suspectedAtMs.length === 0)) return;
      if (count.lockedUntilMs !== before.lockedUntilMs) opensAtMs = opening();
      if (verdict.suspected) log.warn({ event: "spoof_suspected", ...state() });
      show();
      await store.write([{ type: "put", key: KEY, value: count }]);
    },
    [Symbol.dispose]: () => clearTimeout(opens),
  };
}

const SUSPECTS_AT_MOST = 50;

function addBounded(suspects: Set<string>, suspect: string): void {
  suspects.add(suspect);
  for (const oldest of suspects) if (suspects.size > SUSPECTS_AT_MOST) suspects.delete(oldest);
}
