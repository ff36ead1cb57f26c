import { randomUUID } from "node:crypto";
import { type Assurance, CONTRACT_VERSION, type ReportClaims } from "../../protocol/messages/contract.ts";
import type { Head } from "../messaging/ledger.ts";
import type { Clock } from "../process/clock.ts";
import { VERSION } from "../process/version.ts";
import type { SeenEvidence, Verdict } from "../session/decision.ts";

/** The content of a report besides the verdict. */
interface ReportContext {
  readonly jti: string;
  /** Whether the carrier has promised a receipt. */
  readonly receipt?: true | undefined;
  readonly assurance: Assurance;
  readonly device: string;
  readonly threshold: number;
  readonly fmr: number;
  readonly pack: { readonly id: string; readonly hash: string };
  readonly startedMs: number;
  readonly clock: Clock;
}

/** The claims of the report after `head` in the chain. */
export function reportClaims(verdict: Verdict, context: ReportContext, head: Head): ReportClaims {
  const { clock, startedMs, ...rest } = context;
  const nowMs = clock.wallMs();
  const { quality, similarity, liveness, evidence, suspected: _, ...ending } = verdict;
  return {
    v: CONTRACT_VERSION,
    rid: randomUUID(),
    jti: rest.jti,
    iss: rest.device,
    iat: Math.floor(nowMs / 1000),
    seq: head.seq + 1,
    prev: head.prev,
    ...ending,
    frames: { ...ending.frames },
    ...(similarity === undefined ? {} : { similarity: rounded(similarity) }),
    ...(liveness === undefined ? {} : { liveness: rounded(liveness) }),
    ...(quality ? { quality: roundedAll(quality) } : {}),
    ...(evidence ? { evidence: evidenceClaims(evidence, rest.assurance) } : {}),
    threshold: rest.threshold,
    fmr: rest.fmr,
    pack: rest.pack,
    software: VERSION,
    started: startedMs / 1000,
    finished: nowMs / 1000,
    clock: { synchronised: clock.synchronised() },
    ...(rest.receipt ? { receipt: rest.receipt } : {}),
  };
}

function evidenceClaims({ texture, signs, edges, turns }: SeenEvidence, assurance: Assurance) {
  const median = texture === undefined ? {} : { texture: rounded(texture) };
  return { assurance, ...median, signs: { ...signs }, edges, turns: { ...turns } };
}

/** Four decimals: more are only noise of the networks' arithmetic. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

function roundedAll(values: object): Record<string, number> {
  const measured = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(measured.map(([name, value]) => [name, rounded(value)]));
}
