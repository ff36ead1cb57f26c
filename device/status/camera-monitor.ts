import type { Camera } from "../../drivers/camera/camera.ts";
import { CAMERA_FAULTS, faultOf } from "../faults.ts";
import type { Log } from "../process/log.ts";
import { repeat } from "../process/repeat.ts";
import type { DeviceStatus } from "./device-status.ts";

interface CameraMonitorParts {
  readonly camera: Camera;
  readonly deviceStatus: DeviceStatus;
  readonly log: Log;
  /** A running verification reports the camera's state itself. */
  readonly busy: () => boolean;
}

const CHECK_INTERVAL_MS = 2_000;

/**
 * Checks the camera between verifications, so that status and light are right before a person comes. It reports changes
 * only. When the camera is back, all its faults are cleared.
 */
export function monitorCamera({ camera, deviceStatus, log, busy }: CameraMonitorParts): AsyncDisposable {
  let missing: string | undefined;

  const check = async () => {
    const error = await camera.check().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const code = error === undefined ? undefined : faultOf(error);
    // A camera that was unplugged and connected again between two checks has only a fault from the verification.
    const lost = missing ?? deviceStatus.status().faults.find((fault) => fault === "camera_gone");
    if (code === lost || busy()) return;
    missing = code;
    deviceStatus.clear(...CAMERA_FAULTS);
    if (code === undefined) return log.info({ event: "camera_back", camera: camera.name });
    log.error({ event: code, reason: error instanceof Error ? error.message : String(error) });
    deviceStatus.raise(code);
  };
  return repeat(CHECK_INTERVAL_MS, async () => {
    if (!busy()) await check();
  });
}
