import type { RefusalCode } from "../protocol/contract.ts";

/** Why a carrier got no report. */
export type CarrierErrorCode =
  | "refused"
  | "broker_unreachable"
  | "device_unknown"
  | "device_offline"
  | "no_answer"
  | "bad_input";

/** A verification without a report. `refusal` is the device's own code when it refused. */
export class CarrierError extends Error {
  override readonly name = "CarrierError";
  readonly code: CarrierErrorCode;
  readonly refusal: RefusalCode | undefined;

  constructor(code: CarrierErrorCode, message: string, refusal?: RefusalCode) {
    super(message);
    this.code = code;
    this.refusal = refusal;
  }
}
