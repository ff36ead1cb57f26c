import { z } from "zod";
import { CONTRACT_VERSION, FIELDS } from "./contract.ts";
import { COMMAND_REFUSALS, type CommandRefusalCode } from "./refusals.ts";

export { COMMAND_REFUSALS, type CommandRefusalCode } from "./refusals.ts";

/** Bounds of the operator's messages. */
export const COMMAND_LIMITS = {
  commandBytes: 64_000,
  /** The data of one chunk, in bytes: the limit, and the senders' default. */
  chunkBytes: { most: 262_144, standard: 65_536 },
  packFiles: 16,
  packBytes: 64_000_000,
  /** The most reports that one command may ask for again. */
  resendReports: 500,
  /** The settings in one command, and the letters of one value (several authorities as PEM). */
  settings: 16,
  settingLetters: 16_384,
  /** The letters of encrypted diagnostics. */
  diagnosticsLetters: 44_000,
} as const;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const variable = z.string().regex(/^MATCHLIGHT_[A-Z_]{1,40}$/);
/** 32 bytes, base64url. */
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const { device, digest, seconds, envelope, id } = FIELDS;

/** A command of the operator. Unknown fields are ignored, so that version 1 can grow. */
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
  /** Asks for diagnostics, encrypted to `to`. The operator makes this key for one command. */
  z.object({
    ...envelope,
    type: z.literal("diagnose"),
    to: z.object({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate }),
  }),
  z.object({ ...envelope, type: z.literal("pack_offer"), pack: z.string().min(1).max(20_000) }),
  z.object({ ...envelope, type: z.literal("pack_activate"), hash }),
  z.object({ ...envelope, type: z.literal("pack_rollback") }),
  /** Asks for the reports from one place in the chain to another again. The carrier may ask this, too. */
  z
    .object({ ...envelope, type: z.literal("report_resend"), from: z.int().min(1), to: z.int().min(1) })
    .refine(({ from, to }) => to >= from && to - from < COMMAND_LIMITS.resendReports, {
      message: `it asks for 1 to ${COMMAND_LIMITS.resendReports} reports`,
      path: ["to"],
    }),
]);

export type CommandClaims = Readonly<z.infer<typeof commandSchema>>;

/** The claims of a pack's token: the hash of the manifest, which has the hashes of the networks, and all files in order. */
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
 * The values in force and their origin. `default` is a value of the software or of the enrolment. Passwords are left out, and
 * a long value is `sha256:` and its digest.
 */
const configSchema = z.record(
  variable,
  z.object({ value: z.string().max(1_000), from: z.enum(["environment", "command", "default"]) }),
);

const names = z.array(variable).min(1).max(64);

/** The state of a change of settings that must reach the broker to be confirmed. */
const changeFields = {
  /** The change is undone if the broker is not reached within this time. */
  pending: z.object({ jti: id, names, secondsLeft: z.int().min(0) }).optional(),
  /** The last change, if it was undone. The values before it are in force again. */
  undone: z.object({ jti: id, names, at: seconds, code: z.string().max(40), because: z.string().max(500) }).optional(),
} as const;

const packsSchema = z.object({
  active: z.object({ id: z.string(), hash: z.string(), from: z.enum(["environment", "command", "release"]) }),
  /** The pack that a rollback activates: a hash, `release` for the pack of the software, null for none. */
  previous: z.string().max(64).nullable(),
  /** Packs that passed all checks and can be activated. */
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

/** The signed answer to a command. `working`: send chunks from `packs.incoming.receivedBytes` on. */
export const answerSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: device,
  iat: seconds,
  jti: id.optional(),
  /** Base64url SHA-256 of the command's message. It identifies also a message that could not be read. */
  digest,
  outcome: z.enum(["done", "working", "refused"]),
  code: z.enum(codes).optional(),
  because: z.string().max(500).optional(),
  /** Every error of a refused `config_set`. `code` is the code of the first one. */
  problems: z
    .array(z.object({ name: z.string().max(60), code: z.enum(codes), because: z.string().max(200) }))
    .max(COMMAND_LIMITS.settings)
    .optional(),
  /** The diagnostics: signed by the camera (`matchlight-diagnostics+jwt`), then encrypted (JWE). */
  diagnostics: z.string().max(COMMAND_LIMITS.diagnosticsLetters).optional(),
  config: configSchema,
  packs: packsSchema,
  ...changeFields,
});

export type AnswerClaims = Readonly<z.infer<typeof answerSchema>>;
