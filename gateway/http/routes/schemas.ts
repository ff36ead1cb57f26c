import { z } from "zod";
import {
  FIELDS,
  identitySchema,
  LIMITS,
  REFUSALS,
  requestSchema,
  statusSchema,
} from "../../../protocol/messages/contract.ts";
import { PROBLEMS, type ProblemCode } from "../problem.ts";

const [verify] = requestSchema.options;

export const cameraPath = z.object({ camera: FIELDS.device });
export const verificationPath = z.object({ id: FIELDS.id });

/** The request of a POS system. In a form, `photo` is a file and the rest is JSON in the field `request`. */
export const askBody = z.strictObject({
  photo: z
    .custom<Uint8Array>((value) => value instanceof Uint8Array)
    .meta({
      type: "string",
      contentEncoding: "base64",
      maxLength: Math.ceil((LIMITS.referenceBytes * 4) / 3) + 4,
      description: "The photo of the ID card: JPEG or PNG.",
    }),
  purpose: verify.shape.purpose,
  consent: verify.shape.consent,
  policy: verify.shape.policy,
});

export const cancelBody = z.strictObject({ because: z.enum(["cancelled", "declined"]) });

export const WAIT_SECONDS = 60;
export const waitQuery = z.strictObject({ wait: z.coerce.number().min(0).max(WAIT_SECONDS).default(0) });

export const pageQuery = z.strictObject({
  after: z.union([z.literal(""), FIELDS.device]).default(""),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** The `after` of the next page. A page that is not full is the last. */
export function nextPage(cameras: readonly { readonly device: string }[], limit: number): { readonly next?: string } {
  const last = cameras.length === limit ? cameras.at(-1) : undefined;
  return last ? { next: last.device } : {};
}

const refusalCodes = Object.keys(REFUSALS) as [keyof typeof REFUSALS];

export const verificationAnswer = z.object({
  id: FIELDS.id,
  camera: FIELDS.device,
  state: z.enum(["sending", "asked", "reported", "refused", "unanswered"]),
  /** The signed report. Keep it as evidence. */
  report: z.string().optional(),
  decision: z.enum(["match", "no_match", "inconclusive"]).optional(),
  reason: z.string().optional(),
  refusal: z.object({ code: z.enum(refusalCodes), because: z.string() }).optional(),
});

export const endingsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(10) });

export const endingsAnswer = z.object({
  verifications: z.array(
    z.object({
      id: FIELDS.id,
      askedAt: z.iso.datetime(),
      state: z.enum(["sending", "asked", "reported", "refused", "unanswered"]),
      decision: z.enum(["match", "no_match", "inconclusive"]).nullable(),
      reason: z.string().nullable(),
      refusal: z.enum(refusalCodes).nullable(),
    }),
  ),
});

export const cameraAnswer = z.object({
  camera: FIELDS.device,
  shop: z.string().nullable(),
  state: z.enum([...statusSchema.shape.state.options, "unknown"]),
  faults: z.array(z.string()),
  software: z.string().nullable(),
  release: z.string().nullable(),
  pack: z.object({ id: z.string(), hash: z.string() }).nullable(),
  pin: z.string().nullable(),
  seenAt: z.iso.datetime().nullable(),
  certificateEnds: z.iso.datetime().nullable(),
});

export const camerasAnswer = z.object({ cameras: z.array(cameraAnswer), next: z.string().optional() });

export const keysAnswer = z.object({ keys: z.array(identitySchema.shape.signing) });

export const registrationBody = z.strictObject({
  shop: z
    .string()
    .regex(/^[^\p{Cc} ]+$/u)
    .max(100)
    .optional(),
  pin: FIELDS.digest.optional(),
  certificateEnds: z.iso.datetime().optional(),
});

export const limitQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(100) });
export const deadLetterPath = z.object({ letter: z.uuid() });

export const deadLetterAnswer = z.object({
  letter: z.string(),
  /** The same in every attempt; also in the header `webhook-id`. */
  event: z.string(),
  endpoint: z.string(),
  camera: FIELDS.device,
  verification: z.string(),
  state: z.string(),
  endedAt: z.iso.datetime(),
  givenUpAt: z.iso.datetime(),
  why: z.string(),
});
export const deadLettersAnswer = z.object({ dead: z.array(deadLetterAnswer) });

export const problemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode]),
  detail: z.string(),
});
