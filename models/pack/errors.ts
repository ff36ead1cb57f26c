/** Errors of a model pack or its runtime; `detail` names the file or field. */
export type ModelErrorCode =
  | "pack_missing"
  | "pack_invalid"
  | "pack_altered"
  | "network_mismatch"
  | "runtime_unsupported"
  | "runtime_unavailable"
  | "self_test_failed"
  | "fmr_unsupported";

/** A model pack or network that cannot be used. The message says what, why, and the remedy. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
