import { digest, type KeySet, verifyWithKeySet } from "../encoding/tokens.ts";
import { type ReportClaims, reportSchema, TYPES } from "./contract.ts";

/** The errors of a report chain, each with its place. */
export type ChainFinding =
  | { readonly kind: "missing"; readonly fromSeq: number; readonly toSeq: number }
  | { readonly kind: "changed"; readonly line: number; readonly why: string }
  | { readonly kind: "reordered"; readonly line: number; readonly seq: number; readonly afterSeq: number }
  | { readonly kind: "repeated"; readonly line: number; readonly seq: number }
  | { readonly kind: "unlinked"; readonly line: number; readonly seq: number };

export interface ChainCheck {
  readonly reports: number;
  readonly firstSeq: number | undefined;
  readonly lastSeq: number | undefined;
  readonly findings: readonly ChainFinding[];
}

interface Link {
  readonly line: number;
  readonly claims: ReportClaims;
  readonly digest: string;
}

/**
 * Checks the reports of one device: each is signed by one of its keys, no place in the chain is missing or taken twice,
 * they stand in their order, and each names the digest of the one before. A chain may begin later than at its first
 * report: a device keeps its latest ones only.
 */
export async function checkChain(tokens: readonly string[], keys: KeySet): Promise<ChainCheck> {
  const read = await Promise.all(tokens.map((token, i) => readLink(token, i + 1, keys)));
  const links = read.filter((one): one is Link => "claims" in one);
  const changed = read.filter((one): one is Changed => "why" in one);
  const sorted = [...links].sort((a, b) => a.claims.seq - b.claims.seq);
  return {
    reports: links.length,
    firstSeq: sorted[0]?.claims.seq,
    lastSeq: sorted.at(-1)?.claims.seq,
    findings: [...changed, ...disorder(links), ...sorted.slice(1).flatMap((link, i) => between(sorted[i], link))],
  };
}

type Changed = Extract<ChainFinding, { kind: "changed" }>;

async function readLink(token: string, line: number, keys: KeySet): Promise<Link | Changed> {
  try {
    const claims = reportSchema.parse(await verifyWithKeySet(token, TYPES.report, keys));
    return { line, claims, digest: digest(token) };
  } catch (error) {
    return { kind: "changed", line, why: error instanceof Error ? error.message : String(error) };
  }
}

function disorder(links: readonly Link[]): readonly ChainFinding[] {
  return links.slice(1).flatMap(({ line, claims: { seq } }, i): readonly ChainFinding[] => {
    const afterSeq = links[i]?.claims.seq ?? 0;
    return seq < afterSeq ? [{ kind: "reordered", line, seq, afterSeq }] : [];
  });
}

/** The errors between a report and the next one. */
function between(before: Link | undefined, { line, claims: { seq, prev } }: Link): readonly ChainFinding[] {
  const last = before?.claims.seq ?? 0;
  if (seq === last) return [{ kind: "repeated", line, seq }];
  if (seq > last + 1) return [{ kind: "missing", fromSeq: last + 1, toSeq: seq - 1 }];
  return prev === before?.digest ? [] : [{ kind: "unlinked", line, seq }];
}

/** A finding in words. */
export function describeFinding(finding: ChainFinding): string {
  switch (finding.kind) {
    case "missing":
      return finding.fromSeq === finding.toSeq
        ? `report ${finding.fromSeq} is missing`
        : `reports ${finding.fromSeq} to ${finding.toSeq} are missing`;
    case "changed":
      return `line ${finding.line} is no report of this device, or was changed: ${finding.why}`;
    case "reordered":
      return `line ${finding.line}: report ${finding.seq} stands after report ${finding.afterSeq}`;
    case "repeated":
      return `line ${finding.line}: there are two reports ${finding.seq}`;
    case "unlinked":
      return `line ${finding.line}: report ${finding.seq} does not follow the report ${finding.seq - 1} that is here`;
  }
}
