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

/** Bounds of requests. A reference grows by a third in the claims, in the signature and in the encryption. */
export const LIMITS = {
  tokenBytes: 4_000_000,
  referenceBytes: 1_500_000,
  clockSkewSeconds: 60,
  lifetimeSeconds: 600,
  aimSeconds: 120,
  timeoutMs: { least: 1_000, most: 60_000, standard: 10_000 },
  waitMs: 60_000,
  /** The bytes of a receipt, and the reports that it may name. */
  receiptBytes: 16_000,
  receiptReports: 100,
} as const;

/** When a person is asked to turn the head: if no other sign of life is seen, always, or never. */
export const CHALLENGES = ["if_needed", "always", "never"] as const;

/**
 * The evidence of a present person that a match needs. `standard`: moving eyes or a turned head. `high`: moving eyes and two
 * turns to random sides, for a carrier who does not trust the staff at the counter.
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
/** Base64url SHA-256. Other characters are refused, because archives store it as text in a database. */
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

/** A request of the carrier. Unknown fields are ignored, so that version 1 can grow. */
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
        /** The time that the request may wait for a running verification. Without it, it is refused as `busy`. */
        waitMs: z.int().min(0).max(LIMITS.waitMs).optional(),
      })
      .optional(),
    /** Promises a receipt for the report. The camera sends the report again until the receipt comes. */
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
 * The evidence of a present person: the median liveness of the frames, the number of frames with each sign of life, whether
 * the face was between straight edges like those of a screen, and the number of turns of the head that were asked for, and
 * that were made in time to the right side.
 */
const evidence = z.object({
  assurance: z.enum(ASSURANCES),
  texture: share.optional(),
  signs: z.object({ eyes: count, turn: count, mouth: count }),
  edges: z.boolean().optional(),
  turns: z.object({ asked: count, met: count }),
});

/** A report: exactly one for each accepted request, signed, with the digest of the report before. */
export const reportSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  rid: z.uuid(),
  jti: id,
  iss: device,
  iat: seconds,
  seq: z.int().min(1),
  /** The digest of the report before (compact form); null for the first report of a device. */
  prev: digest.nullable(),
  decision: z.enum(DECISIONS),
  reason: z.enum(REASONS).optional(),
  detail: z.string().max(200).optional(),
  similarity: z.number().min(-1).max(1).optional(),
  threshold: z.number().min(-1).max(1),
  fmr: share,
  liveness: share.optional(),
  quality: z.record(z.string(), z.number()).optional(),
  /** The evidence of a present person. Older devices leave it out. */
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

/** A receipt of the carrier's archive: the places of reports in the chain, and their digests. */
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

/** A refusal. `digest` is the base64url SHA-256 of the refused message, also if the message could not be read. */
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

/** The hints for the person. The carrier chooses the words and the language. */
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

/** Sent during a verification, at QoS 0. It helps people and is never evidence. */
export const progressSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  jti: id,
  stage: z.enum(["accepted", "looking", "hint", "ended"]),
  hint: z.enum(HINTS).nullable().optional(),
  /** Of a hint: the time of the frame that led to it, in milliseconds since 1970. */
  atMs: z.number(),
});

export type Progress = Readonly<z.infer<typeof progressSchema>>;

const pixels = z.number().min(-100_000).max(100_000);
const point = z.object({ x: pixels, y: pixels });
const degrees = z.number().min(-180).max(180);

/**
 * Sent while a camera is aimed, at QoS 0, about five times a second: numbers about what it sees, never a picture. Places are
 * pixels of the upright frame. Luminances are 0…1.
 */
export const aimSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  jti: id,
  /** The time of the described frame; in the last message the time of the end. Milliseconds since 1970. */
  atMs: z.number(),
  /** The reason of the end, in the last message. */
  ended: z.enum(["time", "cancelled", "verification", "camera_lost", "device_fault", "stopping"]).optional(),
  frame: z.object({ width: z.int().min(1), height: z.int().min(1) }).optional(),
  /** The clockwise angle by which frames are rotated to be upright. */
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
  /** The number of spoof attempts until photos are refused, and the end of the lock in seconds since 1970. */
  spoofs: z.object({ attemptsLeft: z.int().min(0), lockedUntil: seconds.nullable() }).optional(),
  release: z.string().max(200).optional(),
});

export type Status = Readonly<z.infer<typeof statusSchema>>;

export const publicJwk = z.looseObject({ kty: z.string(), crv: z.string(), x: z.string(), kid: z.string() });

/** Retained: the device's keys. Pin the thumbprints (RFC 7638, the `kid`s) if the broker is not trusted. */
export const identitySchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  device,
  software: z.string(),
  /** The running release, if the fleet names its releases. */
  release: z.string().max(200).optional(),
  signing: publicJwk,
  sealing: publicJwk,
  pack: z.object({ id: z.string(), hash: z.string() }),
  /** Earlier signing keys, the newest first, for the verification of old reports. */
  retired: z.array(publicJwk).max(32).optional(),
  /** A token by the signing key that names the other keys. Whoever pins the signing key can trust them, too. */
  proof: z.string().max(10_000).optional(),
});

/** The claims of an identity's `proof`: the device and the thumbprints of its keys. */
export const proofSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: device,
  iat: seconds,
  sealing: z.string(),
  retired: z.array(z.string()),
});

export type ProofClaims = Readonly<z.infer<typeof proofSchema>>;

export type Identity = Readonly<z.infer<typeof identitySchema>>;
