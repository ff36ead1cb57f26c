import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs } from "../../protocol/mqtt/backoff.ts";
import type { Log } from "../process/log.ts";
import type { Change, Store } from "../storage/store.ts";
import type { DeviceStatus } from "./device-status.ts";

/** Knows whether the data folder can be written. While it cannot, the monitor tries again. */
export interface StorageMonitor {
  isFailing(): boolean;
  /** Reports a failed write. */
  failed(error: unknown): void;
  /** Resolves with true when the folder can be written, with false when the device stops first. */
  writable(): Promise<boolean>;
  stop(): void;
}

export interface StorageMonitorParts {
  readonly store: Store;
  readonly deviceStatus: Pick<DeviceStatus, "raise" | "clear">;
  readonly log: Log;
  readonly recovered: () => void;
}

/** A batch that changes nothing and needs as much space as a report. */
const PROBE: readonly Change[] = [{ type: "del", key: "room/".padEnd(4_096, "x") }];
/** How soon the removal of the data folder is noticed. */
const CHECK_EVERY_MS = 2_000;
const RETRY = { firstMs: 1_000, mostMs: 10_000 };

export function monitorStorage({ store, deviceStatus, log, recovered }: StorageMonitorParts): StorageMonitor {
  const over = new AbortController();
  let retrying: Promise<boolean> | undefined;

  const retry = async (): Promise<boolean> => {
    for (let failures = 0; !over.signal.aborted; failures++) {
      await sleep(backoffMs(failures, Math.random(), RETRY), undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return false;
      const written = await store.write(PROBE).then(
        () => true,
        () => false,
      );
      if (!written) continue;
      retrying = undefined;
      deviceStatus.clear("storage_failed");
      log.info({ event: "storage_recovered" });
      recovered();
      return true;
    }
    return false;
  };
  const failed = (error: unknown) => {
    if (retrying) return;
    log.error({ event: "storage_failed", err: error });
    deviceStatus.raise("storage_failed");
    retrying = retry();
  };
  const checking = setInterval(() => void store.check().catch(failed), CHECK_EVERY_MS).unref();
  return {
    isFailing: () => retrying !== undefined,
    failed,
    writable: () => retrying ?? Promise.resolve(!over.signal.aborted),
    stop() {
      clearInterval(checking);
      over.abort();
    },
  };
}
