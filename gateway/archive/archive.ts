import type { VerifiedReport } from "../../carrier/client.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import { LIMITS } from "../../protocol/messages/contract.ts";
import type { Database } from "../database/database.ts";

/** What is wrong in the chain of a camera. */
export interface Finding {
  readonly device: string;
  /** A gap that stays, a second report for a place that is taken, or a report that does not follow the one before. */
  readonly kind: "gap" | "fork" | "unlinked";
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** What became of a batch. */
export interface Archived {
  /** Reports that were not there before; `late` ones of them were signed before the end of their chain. */
  readonly fresh: number;
  readonly late: number;
  /** Reports whose place in the chain is another report's. They are kept beside it. */
  readonly contested: number;
  /** What was found by this batch, and by none before. */
  readonly findings: readonly Finding[];
}

/** Archives a batch in one statement: all of it is there when this resolves. Throws what the database throws. */
export async function archiveReports(database: Database, reports: readonly VerifiedReport[]): Promise<Archived> {
  const column = <T>(of: (report: VerifiedReport) => T) => reports.map(of);
  const [row] = await database.query<{ readonly archived: Archived }>(
    "select archive_reports($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as archived",
    [
      column(({ claims }) => claims.iss),
      column(({ claims }) => claims.seq),
      column(({ claims }) => claims.rid),
      column(({ token }) => digest(token)),
      column(({ claims }) => claims.prev),
      column(({ claims }) => claims.iat),
      column(({ claims }) => claims.jti),
      column(({ claims }) => claims.decision),
      column(({ token }) => token),
      LIMITS.clockSkewSeconds,
    ],
  );
  if (!row) throw new Error("the database answered nothing");
  return row.archived;
}
