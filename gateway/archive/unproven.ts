import { digest } from "../../protocol/encoding/tokens.ts";
import type { Queries } from "../database/database.ts";

/** Tokens that no known key has signed are stored until the key is known, up to this number for each camera. */
export const MOST_OF_A_CAMERA = 1_000;

/** A token whose key is not known yet. */
export interface Unproven {
  readonly device: string;
  readonly token: string;
  readonly why: string;
}

/** The reason repeats words of the token, which anybody may have written. PostgreSQL accepts no NUL in a text. */
const storable = (why: string) => why.replaceAll("\0", "").slice(0, 500);

/** Stores a token. False if this camera has too many stored tokens; this token is then dropped. */
export async function keepUnproven(queries: Queries, { device, token, why }: Unproven): Promise<boolean> {
  const kept = await queries.query(
    `insert into unproven (device, digest, token, why) select $1, $2, $3, $4
      where (select count(*) from unproven where device = $1) < $5
      on conflict (device, digest) do update set why = excluded.why returning device`,
    [device, digest(token), token, storable(why), MOST_OF_A_CAMERA],
  );
  return kept.length > 0;
}

/** The stored tokens of a camera. */
export async function unprovenOf(queries: Queries, device: string): Promise<readonly string[]> {
  const rows = await queries.query<{ readonly token: string }>(
    "select token from unproven where device = $1 order by received_at",
    [device],
  );
  return rows.map(({ token }) => token);
}

export async function dropUnproven(queries: Queries, device: string, tokens: readonly string[]): Promise<void> {
  await queries.query("delete from unproven where device = $1 and digest = any ($2)", [device, tokens.map(digest)]);
}

/** A token whose key stays unknown is kept for so long. */
export const UNPROVEN_KEPT_DAYS = 30;

/** So many rows are deleted in one statement, because a statement has a time limit. */
const FORGOTTEN_AT_ONCE = 5_000;

/**
 * Deletes old tokens of names that are no camera's. Whoever may write to topics of any name would otherwise fill the disk. Those of a
 * camera stay: they may be its reports, signed with a key that somebody has yet to accept.
 */
export async function forgetUnproven(queries: Queries): Promise<void> {
  for (let deleted = FORGOTTEN_AT_ONCE; deleted === FORGOTTEN_AT_ONCE; ) {
    const rows = await queries.query(
      `delete from unproven where ctid in (
        select u.ctid from unproven u where u.received_at < now() - make_interval(days => $1)
          and not exists (select 1 from cameras c where c.device = u.device) limit $2) returning 1`,
      [UNPROVEN_KEPT_DAYS, FORGOTTEN_AT_ONCE],
    );
    deleted = rows.length;
  }
}
