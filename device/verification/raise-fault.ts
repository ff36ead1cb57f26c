import { faultOf } from "../faults.ts";
import type { Log } from "../process/log.ts";
import type { DeviceStatus } from "../status/device-status.ts";

export interface FaultParts {
  readonly log: Log;
  readonly deviceStatus: DeviceStatus;
  /** Called for an error that only a new start repairs. */
  readonly fatal: (error: unknown) => void;
}

/** Shows a fault of the camera or of the networks to the staff and the operator. */
export function raiseFault({ log, deviceStatus, fatal }: FaultParts, error: unknown): void {
  const code = faultOf(error);
  log.error({ event: code, err: error });
  deviceStatus.raise(code);
  if (code === "inference_failed") fatal(error);
}
