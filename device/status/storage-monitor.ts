import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "../../protocol/mqtt/backoff.ts";
import type { Log } from "../process/log.ts";
import type { Change, Store } from "../storage/store.ts";
import type { DeviceStatus } from "./device-status.ts";

/** Knows whether the data folder can be written, and while it cannot, tries again and again. */
export interface StorageMonitor {
  isFailing(): boolean;
  /** Something could not be written. */
  failed(error: unknown): void;
  /** True as soon as it can be written; false when the device stops before that. */
  writable(): Promise<boolean>;
  stop(): void;
}

export interface StorageMonitorParts {
  readonly store: Store;
  readonly deviceStatus: Pick<DeviceStatus, "raise" | "clear">;
  readonly log: Log;
  readonly recovered: () => void;
}

/** Changes nothing, and takes as much room as a report: a disk with a few bytes left is full. */
const TRIAL: readonly Change[] = [{ type: "del", key: "room/".padEnd(4_096, "x") }];
const AGAIN = { firstMs: 1_000, mostMs: 10_000 };

export function monitorStorage({ store, deviceStatus, log, recovered }: StorageMonitorParts): StorageMonitor {
  const over = new AbortController();
  let trying: Promise<boolean> | undefined;

  const tryAgain = async (): Promise<boolean> => {
    for (let failures = 0; !over.signal.aborted; failures++) {
      await sleep(backoffMs(failures, Math.random(), AGAIN), undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return false;
      const written = await store.write(TRIAL).then(
        () => true,
        () => false,
      );
      if (!written) continue;
      trying = undefined;
      deviceStatus.clear("storage_failed");
      log.info({ event: "storage_recovered" });
      recovered();
      return true;
    }
    return false;
  };
  return {
    isFailing: () => trying !== undefined,
    failed(error) {
      if (trying) return;
      log.error({ event: "storage_failed", err: error });
      deviceStatus.raise("storage_failed");
      trying = tryAgain();
    },
    writable: () => trying ?? Promise.resolve(!over.signal.aborted),
    stop: () => over.abort(),
  };
}
