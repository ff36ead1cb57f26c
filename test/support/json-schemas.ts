import { z } from "zod";
import { approvalSchema } from "../../protocol/identity/approval.ts";
import { bootstrapSchema } from "../../protocol/identity/bootstrap.ts";
import { enrolmentSchema } from "../../protocol/identity/enrolment.ts";
import { answerSchema, commandSchema, packSchema, reportedSchema } from "../../protocol/messages/command-contract.ts";
import {
  aimSchema,
  cancelledSchema,
  identitySchema,
  progressSchema,
  proofSchema,
  receiptSchema,
  refusalSchema,
  reportSchema,
  requestSchema,
  statusSchema,
} from "../../protocol/messages/contract.ts";
import { diagnosticsSchema } from "../../protocol/messages/diagnostics.ts";
import { healthSchema } from "../../protocol/messages/metrics.ts";

const TITLES = {
  request: "Claims of a request",
  report: "Claims of a report",
  refusal: "Claims of a refusal",
  cancelled: "Claims of the answer to a cancel",
  receipt: "Claims of a receipt for reports",
  aim: "What a camera sees while it is aimed",
  progress: "Progress of a verification",
  status: "State of a camera",
  identity: "Public keys of a camera",
  health: "Health of a camera",
  proof: "Claims of an identity's proof",
  command: "Claims of an operator's command",
  answer: "Claims of a camera's answer to a command",
  reported: "Configuration and model packs of a camera",
  pack: "Claims of a model pack's token",
  enrolment: "Claims of a camera's enrolment",
  approval: "Claims of an operator's answer to an enrolment",
  diagnostics: "Claims of a camera's diagnostics",
  bootstrap: "What cameras of a fleet enrol with",
} as const;

const SCHEMAS = {
  request: requestSchema,
  report: reportSchema,
  refusal: refusalSchema,
  cancelled: cancelledSchema,
  receipt: receiptSchema,
  aim: aimSchema,
  progress: progressSchema,
  status: statusSchema,
  identity: identitySchema,
  health: healthSchema,
  proof: proofSchema,
  command: commandSchema,
  answer: answerSchema,
  reported: reportedSchema,
  pack: packSchema,
  enrolment: enrolmentSchema,
  approval: approvalSchema,
  diagnostics: diagnosticsSchema,
  bootstrap: bootstrapSchema,
} as const;

/** The contract as JSON Schemas (draft 7), by name: what docs/schemas holds. Unknown fields are allowed. */
export function jsonSchemas(): Readonly<Record<keyof typeof SCHEMAS, Readonly<Record<string, unknown>>>> {
  const entries = Object.entries(SCHEMAS).map(([name, schema]) => {
    const title = TITLES[name as keyof typeof SCHEMAS];
    return [name, { title, ...z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" }) }];
  });
  return Object.fromEntries(entries);
}
