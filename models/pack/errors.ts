/** What can be wrong with a model pack or the runtime it is to run on; `detail` names the file or field. */
export type ModelErrorCode =
  | "pack_missing"
  | "pack_invalid"
  | "pack_altered"
  | "network_mismatch"
  | "runtime_unsupported"
  | "runtime_unavailable"
  | "self_test_failed"
  | "fmr_unsupported";

/** A model pack or a network that cannot be used. Its message says what, why and what to do. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
