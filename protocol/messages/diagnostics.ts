import { z } from "zod";
import { CONTRACT_VERSION, FIELDS } from "./contract.ts";

/** Bounds of what a camera says of itself: what is beyond is left out, the oldest first. */
export const DIAGNOSTICS_LIMITS = { findings: 40, events: 100, names: 64, words: 300 } as const;

const words = z.string().max(DIAGNOSTICS_LIMITS.words);
const names = z.array(z.string().max(60)).max(DIAGNOSTICS_LIMITS.names);
const { device, id, seconds } = FIELDS;

/**
 * The state of a camera, for its repair. It contains nothing about a person: no picture, no request, no claim. It contains no
 * value of a setting.
 */
export const diagnosticsSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  iss: device,
  iat: seconds,
  /** The command that asked for it. */
  jti: id,
  versions: z.object({
    software: words,
    release: words.optional(),
    pack: z.object({ id: words, version: words, hash: words }),
    node: words,
    kernel: words,
    machine: words,
  }),
  health: z.object({ state: words, codes: names, metrics: z.record(z.string(), z.number()) }),
  /** Which settings are set, and by whom. */
  settings: z.object({ environment: names, enrolment: names, command: names }),
  findings: z
    .array(z.object({ check: words, level: z.enum(["ok", "warn", "fail"]), found: words, next: words }))
    .max(DIAGNOSTICS_LIMITS.findings),
  /** The codes of the last events in the log, the newest last. Repeats that follow each other are one with `times`. */
  events: z
    .array(z.object({ event: z.string().max(60), level: z.string().max(10), at: seconds, times: z.int().min(1) }))
    .max(DIAGNOSTICS_LIMITS.events),
});

export type DiagnosticsClaims = Readonly<z.infer<typeof diagnosticsSchema>>;
