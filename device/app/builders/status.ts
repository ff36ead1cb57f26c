import type { Settings } from "../../settings/settings.ts";
import { type ClockMonitor, monitorClock } from "../../status/clock-trust.ts";
import { type DeviceStatus, openDeviceStatus } from "../../status/device-status.ts";
import { monitorStorage, type StorageMonitor } from "../../status/storage-monitor.ts";
import type { Parts } from "../parts.ts";
import type { Context } from "./context.ts";
import type { Messaging } from "./messaging.ts";

export type StatusSettings = Pick<Settings, "deviceId" | "release" | "clock">;

/** The public state of the device, and whether its disk and its clock are reliable. */
export interface StatusPart {
  readonly deviceStatus: DeviceStatus;
  /** The verification part stops it before it waits for its last report, which may wait for the disk. */
  readonly storage: StorageMonitor;
  readonly clockIsSet: ClockMonitor["isSet"];
}

export function openStatus(
  settings: StatusSettings,
  { light, clock, store }: Pick<Parts, "light" | "clock" | "store">,
  { publisher, bestEffort, ledger }: Messaging,
  { log, opened, late }: Context,
): StatusPart {
  const deviceStatus = openDeviceStatus({
    device: settings.deviceId,
    release: settings.release,
    light,
    statusChanged: (status) => bestEffort(publisher.status(status)),
  });
  const monitor = monitorClock({
    mode: settings.clock,
    clock,
    latestAtMs: ledger.latestAtMs,
    changed(set) {
      const wasNotSet = deviceStatus.view().faults.includes("clock_not_set");
      if (!set) {
        log.warn({ event: "clock_not_set" });
        deviceStatus.raise("clock_not_set");
      } else if (wasNotSet) {
        deviceStatus.clear("clock_not_set");
        late.calls.clockSet();
      }
    },
  });
  opened.onClose(async () => monitor[Symbol.dispose]());
  const storage = monitorStorage({ store, deviceStatus, log, recovered: late.calls.storageRecovered });
  return { deviceStatus, storage, clockIsSet: monitor.isSet };
}

/** Reports a problem of the data folder at the start, before a person comes. */
export async function checkStorage(
  { store }: Pick<Parts, "store">,
  { ledger }: Pick<Messaging, "ledger">,
  status: StatusPart,
  { log }: Context,
): Promise<void> {
  const { damaged, lost } = store.recovery;
  if (damaged + lost > 0 || ledger.loss) {
    log.error({ event: "storage_damaged", damaged, lost, ...ledger.loss });
    status.deviceStatus.raise("storage_damaged");
  }
  await store.write([]).then(ledger.note).catch(status.storage.failed);
}
