import { digest } from "../protocol/tokens.ts";
import type { VerifiedReport } from "./answers.ts";

/** What a report means for the chain of its device, beside what it says. */
export type Place =
  | { readonly kind: "next" }
  | { readonly kind: "again" }
  | { readonly kind: "late" }
  | { readonly kind: "gap"; readonly fromSeq: number; readonly toSeq: number }
  | { readonly kind: "broken"; readonly seq: number };

/** Follows the chains of all devices as their reports come, and knows each report when it comes again. */
export interface ChainTracker {
  placeOf(report: VerifiedReport): Place;
}

/** So many reports are remembered; a broker repeats what was on its way when a connection broke, not last month's. */
const REMEMBERED = 20_000;

export function openChainTracker(): ChainTracker {
  const seen = new Set<string>();
  const ends = new Map<string, { readonly seq: number; readonly digest: string }>();
  return {
    placeOf({ claims, token }) {
      if (seen.has(claims.rid)) return { kind: "again" };
      seen.add(claims.rid);
      if (seen.size > REMEMBERED) seen.delete(seen.values().next().value as string);
      const end = ends.get(claims.iss);
      if (end && claims.seq <= end.seq) return { kind: "late" };
      ends.set(claims.iss, { seq: claims.seq, digest: digest(token) });
      if (!end) return { kind: "next" };
      if (claims.seq > end.seq + 1) return { kind: "gap", fromSeq: end.seq + 1, toSeq: claims.seq - 1 };
      return claims.prev === end.digest ? { kind: "next" } : { kind: "broken", seq: claims.seq };
    },
  };
}
