import { DriverError } from "../drivers/errors.ts";
import { codedError } from "../protocol/coded-error.ts";

/** What a fault does to the device: `blocks` it cannot verify now, `warns` it can, `fatal` the process must start anew. */
export type FaultWeight = "blocks" | "warns" | "fatal";

interface Fault {
  readonly weight: FaultWeight;
  readonly meaning: string;
  readonly remedy: string;
}

/** The one list of faults: docs/FAULTS.md is held to it by a test. Codes are for machines and never change. */
export const FAULTS = {
  camera_gone: {
    weight: "blocks",
    meaning: "The camera is not there, or stopped delivering.",
    remedy: "Check the plug; the device notices by itself when it is back.",
  },
  camera_busy: {
    weight: "blocks",
    meaning: "Another program holds the camera.",
    remedy: "Stop the other program; only one may use the camera.",
  },
  camera_denied: {
    weight: "blocks",
    meaning: "This process may not open the camera.",
    remedy: "Give the service access to the video device (group video).",
  },
  camera_unsupported: {
    weight: "blocks",
    meaning: "The camera gives nothing this product can read.",
    remedy: "Use a camera that gives MJPG, YUYV or NV12; for films install ffmpeg.",
  },
  camera_damaged: {
    weight: "blocks",
    meaning: "The camera sends only damaged pictures.",
    remedy: "Replace the cable or use another USB port; if it goes on, replace the camera.",
  },
  camera_silent: {
    weight: "blocks",
    meaning: "The camera is there but sends no pictures.",
    remedy: "Unplug the camera and plug it in again; the next verification tries it anew.",
  },
  camera_failed: {
    weight: "blocks",
    meaning: "The camera's driver reports an error.",
    remedy: "Unplug the camera and plug it in again; if it goes on, use another USB port or power supply.",
  },
  light_failed: {
    weight: "warns",
    meaning: "The status light cannot be set.",
    remedy: "Check the wiring and the light setting; verifications go on without it.",
  },
  broker_unreachable: {
    weight: "blocks",
    meaning: "The carrier's broker cannot be reached. Reports are kept and sent when it can.",
    remedy: "Check network and broker; the device tries again by itself, no restart is needed.",
  },
  broker_denied: {
    weight: "warns",
    meaning: "The broker's rules keep the device from hearing requests or from sending reports. Reports are kept.",
    remedy: "Allow this device its own topics as deploy/broker does; it tries again by itself.",
  },
  clock_not_set: {
    weight: "blocks",
    meaning: "The clock is not set, so fresh requests cannot be told from old ones; all are refused.",
    remedy: "Let a time service set the clock, or see MATCHLIGHT_CLOCK.",
  },
  spoof_locked: {
    weight: "blocks",
    meaning: "Too many attempts looked like a picture held before the camera; requests are refused for a while.",
    remedy:
      "Wait, it opens by itself (`status` says when); meanwhile serve people another way, and look at the counter.",
  },
  inference_failed: {
    weight: "fatal",
    meaning: "The networks stopped answering.",
    remedy: "The process ends so that it is started anew; if it recurs, reinstall the release.",
  },
  pack_refused: {
    weight: "fatal",
    meaning: "The model pack is missing, altered or does not fit its manifest.",
    remedy: "Reinstall the release, or choose another pack with MATCHLIGHT_MODEL_PACK.",
  },
  pack_set_aside: {
    weight: "warns",
    meaning:
      "The model pack that was activated cannot be used any more; the one before it, or the release's own, is in force.",
    remedy: "Send and activate the pack again; if it recurs, the card or disk is failing.",
  },
  self_test_failed: {
    weight: "fatal",
    meaning: "The networks are intact, but do not compute what they should on this machine.",
    remedy: "Roll back to the release before; the process ends with exit code 70, and status says so.",
  },
  storage_failed: {
    weight: "blocks",
    meaning: "The data folder cannot be written, so nothing is accepted.",
    remedy: "Free space on the data folder, or make it writable.",
  },
  storage_damaged: {
    weight: "warns",
    meaning: "Stored data was damaged and has been restored from its second copy; the log says if anything was lost.",
    remedy: "Replace the card or disk soon; the damaged file is kept beside the others.",
  },
  keys_refused: {
    weight: "fatal",
    meaning: "The device's own keys cannot be read.",
    remedy: "Restore identity.json on the data folder, or remove it to make new keys and register the device again.",
  },
  settings_refused: {
    weight: "fatal",
    meaning: "The settings are wrong; every mistake was listed.",
    remedy: "Correct the settings named; `npm start -- --check` tries them without starting.",
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultCode = keyof typeof FAULTS;

/** The faults of a camera: one that sees clears all of them. */
export const CAMERA_FAULTS = (Object.keys(FAULTS) as FaultCode[]).filter((code) => code.startsWith("camera_"));

/** An error that is one of the listed faults. */
export class DeviceFault extends codedError<FaultCode>("DeviceFault") {}

/** What to tell people about a fault: meaning, the case at hand, remedy. */
export function explainFault(fault: DeviceFault): string {
  const { meaning, remedy } = FAULTS[fault.code];
  return `${meaning} ${fault.message} ${remedy}`;
}

/** The fault behind an error of a driver or of the device; anything else is a mistake in the program: a new start. */
export function faultOf(error: unknown): FaultCode {
  if (error instanceof DeviceFault) return error.code;
  return error instanceof DriverError ? `camera_${error.code}` : "inference_failed";
}
