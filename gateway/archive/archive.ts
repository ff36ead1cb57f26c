import type { VerifiedReport } from "../../carrier/client.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import { LIMITS } from "../../protocol/messages/contract.ts";
import type { Database } from "../database/database.ts";

/** A fault in the chain of a camera's reports. */
export interface Finding {
  readonly device: string;
  /**
   * `gap`: missing reports. `fork`: a second report with the same number. `unlinked`: a report that does not follow the one
   * before it.
   */
  readonly kind: "gap" | "fork" | "unlinked";
  readonly fromSeq: number;
  readonly toSeq: number;
}

/** The result of archiving a batch. */
export interface Archived {
  /** New reports. The `late` ones were signed before the end of their chain. */
  readonly fresh: number;
  readonly late: number;
  /** Reports whose number another report already has. They are stored separately. */
  readonly contested: number;
  /** Faults that this batch is the first to show. */
  readonly findings: readonly Finding[];
}

/** Archives a batch in one statement. The whole batch is stored when the promise resolves. Throws what the database throws. */
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
