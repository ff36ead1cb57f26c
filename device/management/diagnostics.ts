import { arch, release } from "node:os";
import { encrypt, type JWK, type PrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { CONTRACT_VERSION, TYPES } from "../../protocol/messages/contract.ts";
import type { DiagnosticsClaims } from "../../protocol/messages/diagnostics.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import type { LoggedEvent } from "../process/event-ring.ts";
import { withoutPaths } from "../process/without-paths.ts";
import { type Environment, isGiven, settingNames } from "../settings/environment.ts";
import { SETTINGS } from "../settings/settings.ts";

export type Findings = DiagnosticsClaims["findings"];

export interface DiagnosticsSources {
  readonly device: string;
  readonly wallMs: number;
  readonly health: Health;
  readonly findings: Findings;
  readonly events: readonly LoggedEvent[];
  readonly environment: Environment;
  /** The variables that an enrolment has set, and those that commands have set. */
  readonly enrolment: readonly string[];
  readonly command: readonly string[];
}

/** The answer is encoded in base64 three times; each makes it a third larger, and the result must be less than 64 kB. */
const MOST_BYTES = 24_000;
const MOST = { findings: 40, events: 100, names: 64, words: 300 } as const;

/** The diagnostics: codes, versions, names and the doctor's findings. No value of a setting, no field of the log. Pure. */
export function diagnosticsOf(jti: string, sources: DiagnosticsSources): DiagnosticsClaims {
  const { device, wallMs, health, environment, enrolment, command } = sources;
  const given = settingNames().filter((name) => isGiven(environment, name));
  const { id = "", version = "", hash = "" } = health.pack ?? {};
  const claims = {
    v: CONTRACT_VERSION,
    iss: device,
    iat: Math.floor(wallMs / 1_000),
    jti,
    versions: {
      software: health.software,
      ...(health.release === undefined ? {} : { release: health.release }),
      pack: { id, version, hash },
      node: process.version,
      kernel: release(),
      machine: arch(),
    },
    health: {
      state: health.state,
      codes: health.codes.slice(0, MOST.names),
      metrics: health.metrics as Record<string, number>,
    },
    settings: {
      environment: given.map((name) => SETTINGS[name].variable).slice(0, MOST.names),
      enrolment: enrolment.slice(0, MOST.names),
      command: command.slice(0, MOST.names),
    },
    findings: sources.findings.slice(0, MOST.findings).map(bounded),
    events: sources.events.slice(-MOST.events).map((event) => ({ ...event })),
  } as const;
  return fitting(claims);
}

function bounded({ check, level, found, next }: Findings[number]): Findings[number] {
  const words = (text: string) => withoutPaths(text).slice(0, MOST.words);
  return { check: words(check), level, found: words(found), next: words(next) };
}

/** Drops the oldest events until the claims are short enough. */
function fitting(claims: DiagnosticsClaims): DiagnosticsClaims {
  const { events, findings } = claims;
  if (Buffer.byteLength(JSON.stringify(claims)) <= MOST_BYTES || events.length + findings.length === 0) return claims;
  if (events.length > 0) return fitting({ ...claims, events: events.slice(Math.ceil(events.length / 4)) });
  return fitting({ ...claims, findings: findings.slice(0, -1) });
}

/** Signs the claims, then encrypts them to the key of the command, so that others at the broker cannot read them. */
export async function sealDiagnostics(claims: DiagnosticsClaims, by: PrivateKey, to: JWK): Promise<string> {
  return encrypt(await sign(claims, TYPES.diagnostics, by), to);
}
