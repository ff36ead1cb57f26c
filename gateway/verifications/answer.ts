import { claimsUnverified } from "../../protocol/encoding/tokens.ts";
import type { ReportClaims } from "../../protocol/messages/contract.ts";
import type { State, Verification } from "./verifications.ts";

/** A verification, as HTTP answers and webhooks show it. */
export interface VerificationAnswer {
  readonly id: string;
  readonly camera: string;
  readonly state: State;
  readonly decision?: ReportClaims["decision"];
  readonly reason?: string;
  /** The signed report. */
  readonly report?: string;
  readonly refusal?: { readonly code: string; readonly because: string };
}

type Shown = Pick<Verification, "device" | "id" | "token" | "refusalCode" | "refusalBecause">;

export function answerOf(verification: Shown, state: State): VerificationAnswer {
  const { id, device: camera, token, refusalCode, refusalBecause } = verification;
  if (token !== null) {
    // The report was verified before it was archived.
    const { decision, reason } = claimsUnverified(token) as ReportClaims;
    return { id, camera, state, decision, ...(reason ? { reason } : {}), report: token };
  }
  if (refusalCode !== null) return { id, camera, state, refusal: { code: refusalCode, because: refusalBecause ?? "" } };
  return { id, camera, state };
}
