/**
 * A failure of hardware or of its data. `gone`: not connected (any more); `busy`: used by another program; `denied`: no
 * permission; `unsupported`: it cannot do what is requested; `damaged`: its data cannot be read; `silent`: it is
 * connected and sends nothing; `failed`: its driver reports an error.
 */
type DriverErrorCode = "gone" | "busy" | "denied" | "unsupported" | "damaged" | "silent" | "failed";

/** Details of a system error. */
interface DriverErrorOptions extends ErrorOptions {
  /** The name of the errno: "ENODEV". */
  readonly errno?: string;
  /** The system call or ioctl: "VIDIOC_STREAMON". */
  readonly syscall?: string;
  /** The device node: "/dev/video0". */
  readonly node?: string;
}

/** A failure of a driver. Its message says what happened, and what to do if something can be done. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly code: DriverErrorCode;
  readonly errno: string | undefined;
  readonly syscall: string | undefined;
  readonly node: string | undefined;

  constructor(code: DriverErrorCode, message: string, options: DriverErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.errno = options.errno;
    this.syscall = options.syscall;
    this.node = options.node;
  }
}

/** For each errno: the failure, and what to do. */
const MEANINGS: Readonly<Record<string, readonly [DriverErrorCode, string]>> = {
  ENODEV: ["gone", "it was unplugged; plug it in again"],
  ENOENT: ["gone", "there is no such device; check the plug and the setting"],
  ENXIO: ["gone", "nothing answers there; check the plug"],
  EBUSY: ["busy", "another program holds it; stop that program"],
  EACCES: ["denied", "this process may not use it; add its user to the group of the device (video, gpio)"],
  EPERM: ["denied", "this process may not use it; add its user to the group of the device (video, gpio)"],
  EINVAL: ["unsupported", "it does not do what is asked of it"],
  ENOTTY: ["unsupported", "it does not know this command"],
  ENOMEM: ["failed", "the system is out of memory; restart it"],
  ENOSPC: ["failed", "the USB bus has no bandwidth left; unplug other USB devices, or use another port"],
  EIO: ["failed", "its driver reports an error; unplug it and plug it in again"],
};

/** Converts a system error of the addon or of node:fs to a DriverError. `what` names the hardware: "the camera". */
export function asDriverError(error: unknown, what: string): DriverError {
  if (error instanceof DriverError) return error;
  const { code = "unknown error", syscall = "call", path = "" } = error as NodeJS.ErrnoException;
  const [kind, remedy] = MEANINGS[code] ?? ["failed", "restart the device; if it goes on, report it with this text"];
  const message = `${what} ${path}: ${syscall} says ${code}: ${remedy}`;
  return new DriverError(kind, message, { cause: error, errno: code, syscall, node: path });
}
