/** What went wrong with a piece of hardware or with what it delivered. */
export type DriverErrorCode = "gone" | "busy" | "denied" | "unsupported" | "damaged";

/** A failure of a driver. Its message says what happened, and what to do next where somebody can do something. */
export class DriverError extends Error {
  override readonly name = "DriverError";
  readonly code: DriverErrorCode;

  constructor(code: DriverErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
