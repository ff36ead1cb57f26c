import { codedError } from "../protocol/coded-error.ts";
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
export class CarrierError extends codedError<CarrierErrorCode, { readonly refusal?: RefusalCode }>("CarrierError") {}
