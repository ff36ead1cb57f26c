import { z } from "zod";
import { CONTRACT_VERSION, FIELDS } from "./contract.ts";
import { COMMAND_REFUSALS, type CommandRefusalCode } from "./refusals.ts";

export { COMMAND_REFUSALS, type CommandRefusalCode } from "./refusals.ts";

/** Bounds of what a device takes from its operator. */
export const COMMAND_LIMITS = {
  commandBytes: 64_000,
  /** The data of one chunk; and what senders use unless told otherwise. */
  chunkBytes: { most: 262_144, standard: 65_536 },
  packFiles: 16,
  packBytes: 64_000_000,
  /** So many reports one command may ask for again. */
  resendReports: 500,
  /** Settings in one command; the text of one of them: several authorities as PEM. */
  settings: 16,
  settingLetters: 16_384,
  /** What a camera sends of itself on request, encrypted. */
  diagnosticsLetters: 44_000,
} as const;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const variable = z.string().regex(/^MATCHLIGHT_[A-Z_]{1,40}$/);
/** 32 bytes, base64url. */
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const { device, digest, seconds, envelope, id } = FIELDS;

/** What an operator may ask. Unknown fields are ignored, so that version 1 can grow. */
export const commandSchema = z.discriminatedUnion("type", [
  z.object({
    ...envelope,
    type: z.literal("config_set"),
    /** Settings by the names of their variables, as texts that the environment could hold as well. */
    set: z
      .record(variable, z.string().min(1).max(COMMAND_LIMITS.settingLetters))
      .refine((set) => Object.keys(set).length <= COMMAND_LIMITS.settings),
  }),
  z.object({
    ...envelope,
    type: z.literal("config_reset"),
    names: z.array(variable).max(COMMAND_LIMITS.settings).optional(),
  }),
  /** The camera says how it is, encrypted to `to`: a key of the operator that this command alone may use. */
  z.object({
    ...envelope,
    type: z.literal("diagnose"),
    to: z.object({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate }),
  }),
  z.object({ ...envelope, type: z.literal("pack_offer"), pack: z.string().min(1).max(20_000) }),
  z.object({ ...envelope, type: z.literal("pack_activate"), hash }),
  z.object({ ...envelope, type: z.literal("pack_rollback") }),
  /** The carrier may ask this, too: the reports from one place in the chain to another are sent again. */
  z
    .object({ ...envelope, type: z.literal("report_resend"), from: z.int().min(1), to: z.int().min(1) })
    .refine(({ from, to }) => to >= from && to - from < COMMAND_LIMITS.resendReports, {
      message: `it asks for 1 to ${COMMAND_LIMITS.resendReports} reports`,
      path: ["to"],
    }),
]);

export type CommandClaims = Readonly<z.infer<typeof commandSchema>>;

/** What a pack's token says: the manifest's hash, which fixes the networks, and every file of the pack, in order. */
export const packSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iat: seconds,
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/),
  version: z.string().max(20),
  /** SHA-256 of `manifest.json`, hexadecimal: the pack's name. */
  hash,
  files: z
    .array(
      z.object({
        name: z.string().regex(/^[a-z0-9-]{1,60}\.(onnx|json)$/),
        sizeBytes: z.int().min(1).max(COMMAND_LIMITS.packBytes),
        sha256: hash,
      }),
    )
    .min(1)
    .max(COMMAND_LIMITS.packFiles)
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, "a name stands twice")
    .refine(
      (files) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= COMMAND_LIMITS.packBytes,
      "too large",
    ),
});

export type PackClaims = Readonly<z.infer<typeof packSchema>>;

const codes = Object.keys(COMMAND_REFUSALS) as [CommandRefusalCode, ...CommandRefusalCode[]];

/**
 * Where a value in force comes from. `default` is the camera's own: the software's, or what an enrolment has brought. A
 * password is left out, and a long text is `sha256:` and its digest.
 */
const configSchema = z.record(
  variable,
  z.object({ value: z.string().max(1_000), from: z.enum(["environment", "command", "default"]) }),
);

const names = z.array(variable).min(1).max(64);

/** What becomes of a change of settings that must reach the broker to last. Left out where there is none. */
const changeFields = {
  /** In force until the broker is reached, or undone when it is not within this time. */
  pending: z.object({ jti: id, names, secondsLeft: z.int().min(0) }).optional(),
  /** The last change, where it was undone: what was in force before it is in force again. */
  undone: z.object({ jti: id, names, at: seconds, code: z.string().max(40), because: z.string().max(500) }).optional(),
} as const;

const packsSchema = z.object({
  active: z.object({ id: z.string(), hash: z.string(), from: z.enum(["environment", "command", "release"]) }),
  /** What a roll-back would bring back: a hash, `release` for the pack that came with the software, null for nothing. */
  previous: z.string().max(64).nullable(),
  /** Packs that have passed everything and can be activated. */
  ready: z.array(hash).max(8),
  incoming: z.object({ hash, receivedBytes: z.int().min(0), sizeBytes: z.int().min(1) }).optional(),
});

/** Retained, signed: the configuration and the packs that are in force, and why. */
export const reportedSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: device,
  iat: seconds,
  software: z.string(),
  config: configSchema,
  packs: packsSchema,
  ...changeFields,
});

export type ReportedClaims = Readonly<z.infer<typeof reportedSchema>>;
export type ReportedConfig = ReportedClaims["config"];
export type ReportedChange = Pick<ReportedClaims, "pending" | "undone">;
export type SettingProblem = NonNullable<AnswerClaims["problems"]>[number];
export type ReportedPacks = ReportedClaims["packs"];

/** The answer to a command, signed. `working`: chunks are wanted from `packs.incoming.receivedBytes` on. */
export const answerSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: device,
  iat: seconds,
  jti: id.optional(),
  /** Base64url SHA-256 of the command's message: it can be told whose it was though unread. */
  digest,
  outcome: z.enum(["done", "working", "refused"]),
  code: z.enum(codes).optional(),
  because: z.string().max(500).optional(),
  /** Every mistake of a `config_set`, where it was refused for its settings; `code` is the first one's. */
  problems: z
    .array(z.object({ name: z.string().max(60), code: z.enum(codes), because: z.string().max(200) }))
    .max(COMMAND_LIMITS.settings)
    .optional(),
  /** The diagnostics that were asked for: signed by the camera (`matchlight-diagnostics+jwt`), then encrypted (JWE). */
  diagnostics: z.string().max(COMMAND_LIMITS.diagnosticsLetters).optional(),
  config: configSchema,
  packs: packsSchema,
  ...changeFields,
});

export type AnswerClaims = Readonly<z.infer<typeof answerSchema>>;
