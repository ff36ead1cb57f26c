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

/** Counts sessions that looked like an attack, and locks the device for a while when they are too many. */
export interface SpoofLock extends Disposable {
  state(): SpoofState;
  /** Takes the end of a session into account. Throws StoreError; the count stands in memory even so. */
  ended(verdict: Verdict): Promise<void>;
}

export interface SpoofLockParts {
  readonly store: Pick<Store, "get" | "write">;
  readonly clock: Pick<Clock, "wallMs" | "monotonicMs">;
  readonly deviceStatus: Pick<DeviceStatus, "raise" | "clear" | "update">;
  readonly log: Log;
  readonly rules: SpoofRules;
}

const KEY = "spoofs";

/** The count outlives a new start: pulling the plug does not open the lock. */
export function openSpoofLock({ store, clock, deviceStatus, log, rules }: SpoofLockParts): SpoofLock {
  let count = (store.get(KEY) as SpoofCount | undefined) ?? NO_SPOOFS;
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
    async ended(verdict) {
      const before = count;
      count = countSpoof(count, verdict, clock.wallMs(), rules);
      if (count === before || (count === NO_SPOOFS && before.suspectedAtMs.length === 0)) return;
      opensAtMs = opening();
      if (verdict.suspected) log.warn({ event: "spoof_suspected", ...state() });
      show();
      await store.write([{ type: "put", key: KEY, value: count }]);
    },
    [Symbol.dispose]: () => clearTimeout(opens),
  };
}
