import { retry } from "../../protocol/common/retry.ts";
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

interface StorageMonitorParts {
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

  const writeAgain = async (): Promise<boolean> => {
    for await (const { failures } of retry({ ...RETRY, signal: over.signal })) {
      // The write that was reported as failed was the first attempt.
      if (failures === 0 || !(await canWrite(store))) continue;
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
    retrying = writeAgain();
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

function canWrite(store: Store): Promise<boolean> {
  return store.write(PROBE).then(
    () => true,
    () => false,
  );
}
