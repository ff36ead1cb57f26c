import { z } from "zod";
import { REFUSALS, type RefusalCode } from "./refusals.ts";

export { REFUSALS, type RefusalCode } from "./refusals.ts";
export { DEFAULT_TOPICS, isTopicTemplate, readTopic, type Topics, topicsOf } from "./topics.ts";

/** The version of this contract; it stands in the topic root and in every token. Unknown versions are refused. */
export const CONTRACT_VERSION = 1;

/** `typ` headers: a token of one kind can never be taken for one of another kind (RFC 8725, 3.11). */
export const TYPES = {
  request: "matchlight-request+jwt",
  report: "matchlight-report+jwt",
  refusal: "matchlight-refusal+jwt",
  cancelled: "matchlight-cancelled+jwt",
  receipt: "matchlight-receipt+jwt",
  identity: "matchlight-identity+jwt",
  command: "matchlight-command+jwt",
  answer: "matchlight-answer+jwt",
  reported: "matchlight-reported+jwt",
  pack: "matchlight-pack+jwt",
  enrolment: "matchlight-enrolment+jwt",
  approval: "matchlight-approval+jwt",
  diagnostics: "matchlight-diagnostics+jwt",
} as const;

/** Bounds of what a device reads. A reference grows by a third in the claims, the signature and the seal each. */
export const LIMITS = {
  tokenBytes: 4_000_000,
  referenceBytes: 1_500_000,
  clockSkewSeconds: 60,
  lifetimeSeconds: 600,
  aimSeconds: 120,
  timeoutMs: { least: 1_000, most: 60_000, standard: 10_000 },
  waitMs: 60_000,
  /** A receipt is read whole; so many reports it may name. */
  receiptBytes: 16_000,
  receiptReports: 100,
} as const;

/** When a person is asked to turn the head: no sign of life by itself, each time, or never. */
export const CHALLENGES = ["if_needed", "always", "never"] as const;

/**
 * How much evidence of a present person a match needs. `standard`: moving eyes or a turned head. `high`: moving eyes and two
 * turns to sides that are drawn by lot, for a carrier who must count on the help of whoever stands behind the counter.
 */
export const ASSURANCES = ["standard", "high"] as const;

const id = z
  .string()
  .min(8)
  .max(100)
  .regex(/^[A-Za-z0-9._~-]+$/);
/** Not dots alone: an address with such a name means another address. */
const device = z
  .string()
  .min(1)
  .max(64)
  .regex(/^\.*[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
/** Base64url SHA-256. Nothing else passes: archives keep it as text, and a database refuses some characters. */
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const seconds = z.number().min(0).max(100_000_000_000);
const base64 = z
  .string()
  .min(1)
  .max(Math.ceil((LIMITS.referenceBytes * 4) / 3) + 4)
  .regex(/^[A-Za-z0-9+/]+={0,2}$/);

const envelope = {
  v: z.literal(CONTRACT_VERSION),
  jti: id,
  iss: z.string().min(1).max(200),
  aud: device,
  iat: seconds,
  exp: seconds,
};

/** The fields that other messages share with these. */
export const FIELDS = { id, device, digest, seconds, envelope } as const;

/** What a carrier asks. Unknown fields are ignored, so that version 1 can grow. */
export const requestSchema = z.discriminatedUnion("type", [
  z.object({
    ...envelope,
    type: z.literal("verify"),
    purpose: z.string().min(1).max(200),
    consent: z.object({ id: z.string().min(1).max(200), at: seconds, notice: z.string().min(1).max(200) }),
    reference: z.object({ mediaType: z.enum(["image/jpeg", "image/png"]), data: base64 }),
    policy: z
      .object({
        fmr: z.number().min(1e-9).max(0.01).optional(),
        timeoutMs: z.int().min(LIMITS.timeoutMs.least).max(LIMITS.timeoutMs.most).optional(),
        challenge: z.enum(CHALLENGES).optional(),
        assurance: z.enum(ASSURANCES).optional(),
        /** How long the request may wait for a verification that runs, instead of being refused as `busy`. */
        waitMs: z.int().min(0).max(LIMITS.waitMs).optional(),
      })
      .optional(),
    /** Whether the carrier will give a receipt for the report: until it comes, the camera keeps the report to send it again. */
    receipt: z.boolean().optional(),
  }),
  z.object({
    ...envelope,
    type: z.literal("cancel"),
    request: id,
    because: z.enum(["cancelled", "declined"]),
    /** Whether a cancel that had an effect is answered, too. */
    confirm: z.boolean().optional(),
  }),
  z.object({ ...envelope, type: z.literal("aim"), seconds: z.int().min(1).max(LIMITS.aimSeconds) }),
]);

export type RequestClaims = Readonly<z.infer<typeof requestSchema>>;
export type VerifyClaims = Extract<RequestClaims, { type: "verify" }>;
export type CancelClaims = Extract<RequestClaims, { type: "cancel" }>;
export type AimClaims = Extract<RequestClaims, { type: "aim" }>;

export const DECISIONS = ["match", "no_match", "inconclusive"] as const;

/** Why a verification is inconclusive. All of them are ordinary endings: the person is served another way. */
export const REASONS = [
  "no_face",
  "two_faces",
  "poor_quality",
  "liveness_unproven",
  "reference_unusable",
  "camera_lost",
  "timeout",
  "cancelled",
  "declined",
  "interrupted",
  "device_fault",
] as const;

const share = z.number().min(0).max(1);

const count = z.int().min(0);

/**
 * What was seen of a present person: the liveness of the frames (their median), in how many frames each sign of life was,
 * whether the face was between straight edges like a screen's, and how many turns of the head were asked for and made in
 * time to the right side.
 */
const evidence = z.object({
  assurance: z.enum(ASSURANCES),
  texture: share.optional(),
  signs: z.object({ eyes: count, turn: count, mouth: count }),
  edges: z.boolean().optional(),
  turns: z.object({ asked: count, met: count }),
});

/** What a device reports: exactly one for each accepted request, signed, chained to the one before. */
export const reportSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  rid: z.uuid(),
  jti: id,
  iss: device,
  iat: seconds,
  seq: z.int().min(1),
  /** Of the compact report before, or null for a device's first. */
  prev: digest.nullable(),
  decision: z.enum(DECISIONS),
  reason: z.enum(REASONS).optional(),
  detail: z.string().max(200).optional(),
  similarity: z.number().min(-1).max(1).optional(),
  threshold: z.number().min(-1).max(1),
  fmr: share,
  liveness: share.optional(),
  quality: z.record(z.string(), z.number()).optional(),
  /** Which evidence of a present person was seen, by kind; older devices do not say. */
  evidence: evidence.optional(),
  frames: z.object({ looked: z.int().min(0), used: z.int().min(0) }),
  pack: z.object({ id: z.string(), hash: z.string() }),
  software: z.string(),
  started: seconds,
  finished: seconds,
  clock: z.object({ synchronised: z.boolean() }),
  /** The request promised a receipt, and the camera waits for it. */
  receipt: z.boolean().optional(),
});

export type ReportClaims = Readonly<z.infer<typeof reportSchema>>;

/** What the carrier's archive says of reports that it has: their places in the chain, and what stands there. */
export const receiptSchema = z.object({
  ...envelope,
  reports: z
    .array(z.object({ seq: z.int().min(1), digest }))
    .min(1)
    .max(LIMITS.receiptReports),
});

export type ReceiptClaims = Readonly<z.infer<typeof receiptSchema>>;
export type Assurance = (typeof ASSURANCES)[number];
export type Decision = (typeof DECISIONS)[number];
export type Reason = (typeof REASONS)[number];

const refusalCodes = Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]];

/** A refusal. `digest` is the base64url SHA-256 of the refused message: it can be told whose it was though unread. */
export const refusalSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: device,
  iat: seconds,
  code: z.enum(refusalCodes),
  because: z.string().max(500),
  digest,
  jti: id.optional(),
});

export type RefusalClaims = Readonly<z.infer<typeof refusalSchema>>;

/** The answer to a cancel that had an effect; one that had none is refused as `already_ended`. */
export const cancelledSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: device,
  iat: seconds,
  jti: id,
  /** Base64url SHA-256 of the cancel's message. */
  digest,
  /** The request that was ended. */
  request: id,
});

export type CancelledClaims = Readonly<z.infer<typeof cancelledSchema>>;

/** The words a shop may show or speak; how to say them in its language is the carrier's. */
export const HINTS = [
  "step_in_front",
  "one_person_only",
  "come_closer",
  "move_back",
  "move_to_the_middle",
  "look_at_the_camera",
  "hold_head_straight",
  "hold_still",
  "move_a_little",
  "more_light",
  "less_light",
  "face_the_light",
  "too_bright_behind",
  "uncover_face",
  "turn_left",
  "turn_right",
] as const;

export type Hint = (typeof HINTS)[number];

/** Told while a verification runs, at QoS 0: a convenience for people, never evidence. */
export const progressSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  jti: id,
  stage: z.enum(["accepted", "looking", "hint", "ended"]),
  hint: z.enum(HINTS).nullable().optional(),
  /** Of a hint: when the picture was taken that led to it. Milliseconds since 1970. */
  atMs: z.number(),
});

export type Progress = Readonly<z.infer<typeof progressSchema>>;

const pixels = z.number().min(-100_000).max(100_000);
const point = z.object({ x: pixels, y: pixels });
const degrees = z.number().min(-180).max(180);

/**
 * Told while a camera is aimed, at QoS 0, about five times a second: numbers about what it sees, and never a picture.
 * Places are pixels of the frame as it stands upright; luminances are 0…1.
 */
export const aimSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  jti: id,
  /** When the picture was taken that is described; of the last message, when it ended. Milliseconds since 1970. */
  atMs: z.number(),
  /** The last message of this aim, and why. */
  ended: z.enum(["time", "cancelled", "verification", "camera_lost", "device_fault", "stopping"]).optional(),
  frame: z.object({ width: z.int().min(1), height: z.int().min(1) }).optional(),
  /** How far frames are turned clockwise so that they stand upright. */
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]).optional(),
  seen: z.enum(["nobody", "one", "several"]).optional(),
  face: z.object({ x: pixels, y: pixels, width: pixels, height: pixels }).optional(),
  /** The centres of the eyes, the tip of the nose, the corners of the mouth; the picture's left comes first. */
  points: z.array(point).length(5).optional(),
  eyeDistance: pixels.optional(),
  light: z.object({ face: share, behind: share, evenness: share }).optional(),
  sharpness: z.number().min(0).max(100).optional(),
  pose: z.object({ yaw: degrees, pitch: degrees, roll: degrees }).optional(),
  hint: z.enum(HINTS).nullable().optional(),
});

export type Aim = Readonly<z.infer<typeof aimSchema>>;

/** Retained: whether the device can serve. `offline` is its last will. `faults` are codes of docs/FAULTS.md. */
export const statusSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  device,
  state: z.enum(["ready", "busy", "faulty", "offline"]),
  faults: z.array(z.string()),
  /** How many more attempts that look like a picture lock the device, and until when it is locked, seconds since 1970. */
  spoofs: z.object({ attemptsLeft: z.int().min(0), lockedUntil: seconds.nullable() }).optional(),
  release: z.string().max(200).optional(),
});

export type Status = Readonly<z.infer<typeof statusSchema>>;

export const publicJwk = z.looseObject({ kty: z.string(), crv: z.string(), x: z.string(), kid: z.string() });

/** Retained: who the device is. Pin the thumbprints (RFC 7638, the `kid`s) where the broker is not trusted. */
export const identitySchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  device,
  software: z.string(),
  /** Which release of a fleet runs, where the fleet says so. */
  release: z.string().max(200).optional(),
  signing: publicJwk,
  sealing: publicJwk,
  pack: z.object({ id: z.string(), hash: z.string() }),
  /** Signing keys of former times, the newest first: old reports are verified with them. */
  retired: z.array(publicJwk).max(32).optional(),
  /** A token of the signing key that names the other keys: whoever pins that one has them all. */
  proof: z.string().max(10_000).optional(),
});

/** What an identity's `proof` says: whose keys, by their thumbprints. */
export const proofSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: device,
  iat: seconds,
  sealing: z.string(),
  retired: z.array(z.string()),
});

export type ProofClaims = Readonly<z.infer<typeof proofSchema>>;

export type Identity = Readonly<z.infer<typeof identitySchema>>;
