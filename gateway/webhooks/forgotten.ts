import type { Queries } from "../database/database.ts";

/** Longer than any outage that nobody notices: whoever takes an endpoint out of all files without a word ends it so. */
const FORGOTTEN_AFTER_DAYS = 7;

/** What was dropped with endpoints that no process has had in its file for a week. */
export interface Forgotten {
  readonly endpoints: readonly string[];
  readonly events: number;
}

/** Says that these endpoints are in the file of a process that runs. */
export async function noteSeen(queries: Queries, names: readonly string[]): Promise<void> {
  await queries.query("update webhook_endpoints set seen_at = now() where name = any ($1::text[])", [names]);
}

/** Ends endpoints that no process has had for a week: their events would wait for ever, and fill the disk. */
export async function forgetUnseen(queries: Queries): Promise<Forgotten> {
  const [row] = await queries.query<{ readonly endpoints: readonly string[]; readonly events: number }>(
    `with unseen as (
      delete from webhook_endpoints where seen_at < now() - make_interval(days => $1) returning name
    ), dropped as (
      delete from webhook_outbox where endpoint in (select name from unseen) returning 1
    )
    select (select coalesce(array_agg(name order by name), '{}') from unseen) as endpoints,
      (select count(*)::int from dropped) as events`,
    [FORGOTTEN_AFTER_DAYS],
  );
  return row ?? { endpoints: [], events: 0 };
}
