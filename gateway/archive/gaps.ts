import type { Queries } from "../database/database.ts";
import type { Finding } from "./archive.ts";

/**
 * A gap younger than this may close by itself: several processes archive out of order, and a broker repeats messages in transit.
 */
export const STAYS_SECONDS = 10;

/** Reports the open gaps. Each gap is reported once, by the first process that finds it. */
export async function findGaps(queries: Queries): Promise<readonly Finding[]> {
  const found = await queries.query<{ readonly device: string; readonly from: string; readonly to: string }>(
    `insert into findings (device, kind, seq, to_seq)
      select device, 'gap', from_seq, to_seq from gaps
      where closed_at is null and found_at < now() - make_interval(secs => $1)
      on conflict do nothing returning device, seq::text as "from", to_seq::text as "to"`,
    [STAYS_SECONDS],
  );
  return found.map(({ device, from, to }) => ({ device, kind: "gap", fromSeq: Number(from), toSeq: Number(to) }));
}

/** A range of reports that a camera is asked to send again. */
export interface Missing {
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

/** Limits: gaps of the fleet in one round, and attempts without progress for each gap, with growing waits. */
export const GAPS_AT_ONCE = 20;
export const TRIES = 10;
export const FIRST_WAIT_SECONDS = 30;

/** The attempts since the first missing report was last another one. A camera answers a large gap in many parts. */
const TRIED = `case when exists (select 1 from chain c where c.device = g.device and c.seq = g.asked_from) then 0 else g.tries end`;

const FIRST_MISSING = `(select min(s) from (
    select g.from_seq as s union all
    select c.seq + 1 from chain c where c.device = g.device and c.seq between g.from_seq and g.to_seq - 1) next
  where not exists (select 1 from chain c where c.device = g.device and c.seq = next.s))`;

/** The gaps that are due, with their rank among those of their camera. The cheap conditions come first. */
const RANKED = `select device, from_seq, to_seq, asked_at, tried,
    row_number() over (partition by device order by asked_at nulls first, from_seq) as rank
  from (
    select g.*, ${TRIED} as tried from gaps g join cameras c using (device)
    where g.closed_at is null and g.found_at < now() - make_interval(secs => $1)
      and (g.asked_at is null or g.asked_at < now() - make_interval(secs => $3))
      and c.identity is not null and coalesce(c.status->>'state', '') <> 'offline'
  ) open
  where tried < $2 and (asked_at is null or asked_at < now() - make_interval(secs => $3 * power(2, greatest(tried - 1, 0))))`;

/**
 * Takes the gaps that are due and notes the attempt, so only one of several processes gets each gap. A camera that is offline is
 * not asked and loses no attempt. The first gap of each camera comes before the second ones, so that one with many gaps delays no
 * other.
 */
export async function claimMissing(queries: Queries, mostReports: number): Promise<readonly Missing[]> {
  const claimed = await queries.query<{ readonly device: string; readonly from: string; readonly to: string }>(
    // A row that another process has taken meanwhile has another asked_at where it is locked.
    `update gaps g set asked_at = now(), tries = due.tried + 1, asked_from = ${FIRST_MISSING}
      from (
        select g.device, g.from_seq, g.to_seq, ranked.tried from gaps g
          join (${RANKED}) ranked using (device, from_seq, to_seq)
        where g.closed_at is null and g.asked_at is not distinct from ranked.asked_at
        order by ranked.rank, g.asked_at nulls first limit $4 for update of g skip locked
      ) due
      where g.device = due.device and g.from_seq = due.from_seq and g.to_seq = due.to_seq
      returning g.device, g.asked_from::text as "from", g.to_seq::text as "to"`,
    [STAYS_SECONDS, TRIES, FIRST_WAIT_SECONDS, GAPS_AT_ONCE],
  );
  return claimed
    .map(({ device, from, to }) => ({ device, from: Number(from), to: Number(to) }))
    .map((missing) => ({ ...missing, to: Math.min(missing.to, missing.from + mostReports - 1) }));
}
