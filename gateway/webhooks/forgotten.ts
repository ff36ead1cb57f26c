import type { Queries } from "../database/database.ts";

/** Longer than any unnoticed outage. An endpoint that is missing in all files for this time is deleted. */
const FORGOTTEN_AFTER_DAYS = 7;

/** The endpoints that were deleted because no process had them in its file for a week, and the number of their events. */
export interface Forgotten {
  readonly endpoints: readonly string[];
  readonly events: number;
}

/** Notes that the file of a running process has these endpoints. */
export async function noteSeen(queries: Queries, names: readonly string[]): Promise<void> {
  await queries.query("update webhook_endpoints set seen_at = now() where name = any ($1::text[])", [names]);
}

/** Deletes endpoints that no process had for a week. Otherwise their events would wait for ever and fill the disk. */
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
