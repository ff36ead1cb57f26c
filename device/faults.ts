import { DriverError } from "../drivers/errors.ts";
import { codedError } from "../protocol/common/coded-error.ts";

/** What a fault does: `blocks` verifications, only `warns`, or is `fatal`: the process must start again. */
type FaultWeight = "blocks" | "warns" | "fatal";

interface Fault {
  readonly weight: FaultWeight;
  readonly meaning: string;
  readonly remedy: string;
}

/** All faults. docs/FAULTS.md is made from this table. Codes are public and never change. */
export const FAULTS = {
  camera_gone: {
    weight: "blocks",
    meaning: "The camera is not connected, or stopped sending frames.",
    remedy: "Check the plug. The device finds the camera again by itself.",
  },
  camera_busy: {
    weight: "blocks",
    meaning: "Another program holds the camera.",
    remedy: "Stop the other program. Only one can use the camera.",
  },
  camera_denied: {
    weight: "blocks",
    meaning: "The process has no permission to open the camera.",
    remedy: "Give the service access to the video device (group video).",
  },
  camera_unsupported: {
    weight: "blocks",
    meaning: "The camera has no pixel format that this product reads.",
    remedy: "Use a camera with MJPG, YUYV or NV12. For films install ffmpeg.",
  },
  camera_damaged: {
    weight: "blocks",
    meaning: "The camera sends only damaged frames.",
    remedy: "Replace the cable or use another USB port. If the fault stays, replace the camera.",
  },
  camera_silent: {
    weight: "blocks",
    meaning: "The camera is connected but sends no frames.",
    remedy: "Unplug the camera and plug it in again. The next verification tries it again.",
  },
  camera_failed: {
    weight: "blocks",
    meaning: "The camera's driver reports an error.",
    remedy: "Unplug the camera and plug it in again. If the fault stays, use another USB port or power supply.",
  },
  light_failed: {
    weight: "warns",
    meaning: "The status light cannot be set.",
    remedy: "Check the wiring and MATCHLIGHT_LIGHT. Verifications go on without the light.",
  },
  broker_unreachable: {
    weight: "blocks",
    meaning: "The carrier's broker cannot be reached. Reports are kept and sent later.",
    remedy: "Check network and broker. The device tries again by itself; no restart is needed.",
  },
  broker_denied: {
    weight: "warns",
    meaning: "The broker's rules deny requests or reports of this device. Reports are kept.",
    remedy: "Allow this device its own topics, as deploy/broker does. The device tries again by itself.",
  },
  clock_not_set: {
    weight: "blocks",
    meaning: "The clock is not set. The device cannot recognise expired requests and refuses all.",
    remedy: "Let a time service set the clock, or set MATCHLIGHT_CLOCK.",
  },
  spoof_locked: {
    weight: "warns",
    meaning:
      "Too many attempts looked like presentation attacks. Requests with the photos of those attempts are refused for some time; everybody else is served.",
    remedy: "Look at the counter. The lock ends by itself (`status` says when).",
  },
  inference_failed: {
    weight: "fatal",
    meaning: "The worker thread with the networks stopped answering.",
    remedy: "The process ends and is started again. If the fault recurs, reinstall the release.",
  },
  pack_refused: {
    weight: "fatal",
    meaning: "The model pack is missing, altered or does not fit its manifest.",
    remedy: "Reinstall the release, or set another pack with MATCHLIGHT_MODEL_PACK.",
  },
  pack_set_aside: {
    weight: "warns",
    meaning: "The activated model pack cannot be used any more. The pack before it, or the release's own, is in force.",
    remedy: "Send and activate the pack again. If the fault recurs, the memory card or disk is failing.",
  },
  self_test_failed: {
    weight: "fatal",
    meaning: "The networks are intact, but compute wrong results on this machine.",
    remedy: "Roll back to the release before. The process ends with exit code 70, and status says so.",
  },
  storage_failed: {
    weight: "blocks",
    meaning: "The data folder cannot be written, or was removed. All requests are refused.",
    remedy: "Free space on the data folder, or make it writable. If it was removed, restore it and start again.",
  },
  storage_damaged: {
    weight: "warns",
    meaning:
      "Stored data was damaged and is restored from the second journal, or the ledger is missing or an old copy. The log says if data was lost.",
    remedy: "Replace the memory card or disk soon. The damaged file is kept beside the journals.",
  },
  keys_refused: {
    weight: "fatal",
    meaning: "The keys of the device cannot be read.",
    remedy: "Restore identity.json in the data folder, or remove it and register the device again with new keys.",
  },
  unprovisioned: {
    weight: "blocks",
    meaning: "Settings that must be set are missing. The camera waits, and serves nobody.",
    remedy: "Provision the camera. `matchlight doctor` says what is missing.",
  },
  settings_refused: {
    weight: "fatal",
    meaning: "The settings are wrong. Every error is listed.",
    remedy: "Correct the named settings. `npm start -- --check` checks them without starting.",
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultCode = keyof typeof FAULTS;

/** The faults of a camera. A camera that delivers frames clears all of them. */
export const CAMERA_FAULTS = (Object.keys(FAULTS) as FaultCode[]).filter((code) => code.startsWith("camera_"));

/** An error that is one of the listed faults; `instead` explains a case that the listed meaning and remedy do not fit. */
export class DeviceFault extends codedError<FaultCode, { readonly instead?: Explanation }>("DeviceFault") {}

export type Explanation = Pick<Fault, "meaning" | "remedy">;

const NO_PERMISSION: Explanation = {
  meaning: "This user may not read the camera's files.",
  remedy:
    "Run the command as the service's user; on a camera, `sudo matchlight` does so. If the service says this, give its user the data folder with chown.",
};

/** The fault of a file or folder that cannot be read. Without permission nothing is wrong with it. */
export function unreadable(code: FaultCode, path: string, cause: NodeJS.ErrnoException): DeviceFault {
  const denied = cause.code === "EACCES" || cause.code === "EPERM";
  return new DeviceFault(code, `${path} cannot be read.`, { cause, ...(denied ? { instead: NO_PERMISSION } : {}) });
}

/** The text of a fault: meaning, this case, remedy. */
export function explainFault(fault: DeviceFault): string {
  const { meaning, remedy } = fault.instead ?? FAULTS[fault.code];
  return `${meaning} ${fault.message} ${remedy}`;
}

/** A film is a file: there is no plug to check. */
export const FILM_REFUSED: Explanation = {
  meaning: "The film cannot be played.",
  remedy: "Check the path in MATCHLIGHT_CAMERA. A film is a folder of JPEGs, an .mjpeg or a file that ffmpeg reads.",
};

/** The fault for an error of a driver or of the device. Any other error is a mistake in the program, and the process ends. */
export function faultOf(error: unknown): FaultCode {
  if (error instanceof DeviceFault) return error.code;
  return error instanceof DriverError ? `camera_${error.code}` : "inference_failed";
}
