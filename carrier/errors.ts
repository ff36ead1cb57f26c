import { codedError } from "../protocol/common/coded-error.ts";
import type { RefusalCode } from "../protocol/messages/contract.ts";
import type { VerifiedReport } from "./answers.ts";

/** Why the carrier has no accepted report. */
export type CarrierErrorCode =
  | "refused"
  | "broker_unreachable"
  | "device_unknown"
  | "device_offline"
  | "no_answer"
  | "wrong_pack"
  | "bad_input";

export interface CarrierErrorDetails {
  /** The device's own code when it refused. */
  readonly refusal?: RefusalCode;
  /** The report that is not accepted. The device signed it, so it is evidence. */
  readonly report?: VerifiedReport;
}

/** A verification without a report, or with one that is not accepted. */
export class CarrierError extends codedError<CarrierErrorCode, CarrierErrorDetails>("CarrierError") {}
