import type { Assurance } from "../../../protocol/messages/contract.ts";
import type { ReferenceKind } from "../../evaluate/pictures/templates.ts";

/** The options of `evaluate`, as Commander returns them. */
export interface EvaluateFlags {
  readonly subjects?: string;
  readonly pairs?: string;
  readonly root?: string;
  readonly reference: ReferenceKind;
  readonly eyes?: number;
  readonly probes?: number;
  readonly rules: boolean;
  readonly scores?: string;
  readonly worst: number;
  readonly pack: string;
  readonly groups?: string;
  readonly pad?: string;
  readonly films?: string;
  readonly assurance: Assurance;
  readonly everySide?: boolean;
  readonly answer?: boolean;
  readonly out?: string;
  readonly json?: boolean;
  readonly threads?: number;
}
