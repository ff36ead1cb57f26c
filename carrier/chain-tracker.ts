import { digest } from "../protocol/encoding/tokens.ts";
import { LIMITS, type ReportClaims } from "../protocol/messages/contract.ts";
import type { VerifiedReport } from "./answers.ts";

/** The meaning of a report for the chain of its device. */
export type Place =
  | { readonly kind: "next" }
  | { readonly kind: "again" }
  | { readonly kind: "late" }
  /** The device signs a second chain: its storage was lost or restored, or its key is used elsewhere. */
  | { readonly kind: "fork"; readonly seq: number }
  | { readonly kind: "gap"; readonly fromSeq: number; readonly toSeq: number }
  | { readonly kind: "broken"; readonly seq: number };

/** Follows the chains of all devices, and recognises a report that comes again. */
export interface ChainTracker {
  placeOf(report: VerifiedReport): Place;
  /** Does not recognise this report any more when it comes again. Its place in the chain stays. */
  forget(report: VerifiedReport): void;
}

/** The number of remembered reports. A broker repeats only what was in transit when a connection was lost. */
const REMEMBERED = 20_000;

interface End {
  readonly seq: number;
  readonly iat: number;
  readonly digest: string;
}

export function openChainTracker(): ChainTracker {
  const seen = new Map<string, string>();
  const ends = new Map<string, End>();
  return {
    placeOf({ claims, token }) {
      const [at, mark] = [placeNamed(claims), digest(token)];
      const taken = seen.get(at);
      if (taken !== undefined) return taken === mark ? { kind: "again" } : { kind: "fork", seq: claims.seq };
      seen.set(at, mark);
      if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value as string);
      const end = ends.get(claims.iss);
      if (end && claims.seq <= end.seq) return behind(claims, end);
      ends.set(claims.iss, { seq: claims.seq, iat: claims.iat, digest: mark });
      return end ? after(end, claims) : { kind: "next" };
    },
    forget({ claims, token }) {
      const at = placeNamed(claims);
      if (seen.get(at) === digest(token)) seen.delete(at);
    },
  };
}

const placeNamed = ({ iss, seq }: ReportClaims) => `${iss} ${seq}`;

/** A delayed report was signed before the last report of the chain. */
function behind({ seq, iat }: ReportClaims, end: End): Place {
  return iat > end.iat + LIMITS.clockSkewSeconds ? { kind: "fork", seq } : { kind: "late" };
}

function after(end: End, { seq, prev }: ReportClaims): Place {
  if (seq > end.seq + 1) return { kind: "gap", fromSeq: end.seq + 1, toSeq: seq - 1 };
  return prev === end.digest ? { kind: "next" } : { kind: "broken", seq };
}
