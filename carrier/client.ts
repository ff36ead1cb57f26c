import { type Carrier, type FleetOptions, openFleet } from "./fleet.ts";

export type { AnswerClaims, CommandRefusalCode, ReportedClaims } from "../protocol/messages/command-contract.ts";
export type { Aim, Identity, Progress, RefusalCode, ReportClaims, Status } from "../protocol/messages/contract.ts";
export type { DiagnosticsClaims } from "../protocol/messages/diagnostics.ts";
export { type ChainCheck, type ChainFinding, checkChain, describeFinding } from "../protocol/messages/report-chain.ts";
export { type Answer, keysOf, readAnswer, readIdentity, type VerifiedReport } from "./answers.ts";
export type { Place } from "./chain-tracker.ts";
export { CarrierError, type CarrierErrorCode } from "./errors.ts";
export { type Carrier, type Fleet, type FleetOptions, openFleet, type Trouble } from "./fleet.ts";
export type { Command } from "./operator/commands.ts";
export type { Diagnosed } from "./operator/diagnose.ts";
export { type Operator, type OperatorOptions, openOperator } from "./operator/operator.ts";
export type { SignedPack } from "./operator/send-pack.ts";
export type { Ask, Prepared } from "./request.ts";

export interface CarrierOptions extends Omit<FleetOptions, "devices" | "pins"> {
  /** The device to talk to. */
  readonly device: string;
  /** The RFC 7638 thumbprint of the device's signing key, where the broker is not trusted to say who the device is. */
  readonly pinned?: string;
}

/** Connects to one device through a broker. Throws CarrierError `broker_unreachable`. */
export async function openCarrier(options: CarrierOptions): Promise<Carrier & AsyncDisposable> {
  const { device, pinned, ...rest } = options;
  const pins = pinned === undefined ? {} : { pins: { [device]: pinned } };
  const fleet = await openFleet({ ...rest, devices: [device], ...pins });
  return { ...fleet.device(device), [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() };
}
