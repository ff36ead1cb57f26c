import { setTimeout as sleep } from "node:timers/promises";
import type { Camera } from "../../drivers/camera/camera.ts";
import { CAMERA_FAULTS, faultOf } from "../faults.ts";
import type { Log } from "../process/log.ts";
import type { DeviceStatus } from "./device-status.ts";

export interface CameraMonitorParts {
  readonly camera: Camera;
  readonly deviceStatus: DeviceStatus;
  readonly log: Log;
  /** While somebody is verified, the verification itself tells how the camera is. */
  readonly busy: () => boolean;
}

const LOOK_EVERY_MS = 2_000;

/**
 * Notices between verifications that the camera is missing, and that it is back, so that status and light are true before
 * somebody stands there. It says so on change only. A camera that has come back has a clean slate.
 */
export function monitorCamera({ camera, deviceStatus, log, busy }: CameraMonitorParts): AsyncDisposable {
  const stop = new AbortController();
  let missing: string | undefined;

  const look = async () => {
    const error = await camera.check().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const code = error === undefined ? undefined : faultOf(error);
    // A camera that was unplugged and plugged in again between two looks was missed by nobody but the verification.
    const lost = missing ?? deviceStatus.status().faults.find((fault) => fault === "camera_gone");
    if (code === lost || busy()) return;
    missing = code;
    deviceStatus.clear(...CAMERA_FAULTS);
    if (code === undefined) return log.info({ event: "camera_back", camera: camera.name });
    log.error({ event: code, reason: error instanceof Error ? error.message : String(error) });
    deviceStatus.raise(code);
  };
  const watch = async () => {
    while (!stop.signal.aborted) {
      if (!busy()) await look();
      await sleep(LOOK_EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}
