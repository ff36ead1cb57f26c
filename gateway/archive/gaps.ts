import type { Queries } from "../database/database.ts";
import type { Finding } from "./archive.ts";

/** Several processes archive out of order, and a broker repeats what was on its way: a gap that is younger may be none. */
export const STAYS_SECONDS = 10;

/** Open gaps. Each is reported once, by whichever process finds it. */
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

/** A part of a chain that a camera is asked for again. */
export interface Missing {
  readonly device: string;
  readonly from: number;
  readonly to: number;
}

/** A camera is asked for so many gaps of the fleet in one round, and for each so often, waiting longer every time. */
export const GAPS_AT_ONCE = 20;
export const TRIES = 10;
export const FIRST_WAIT_SECONDS = 30;

/**
 * The gaps whose turn it is to be asked for, noted as asked for: of several processes one gets each. A camera that is away
 * is not asked, which costs no try.
 */
export async function claimMissing(queries: Queries, mostReports: number): Promise<readonly Missing[]> {
  const claimed = await queries.query<{ readonly device: string; readonly from: string; readonly to: string }>(
    `update gaps g set asked_at = now(), tries = g.tries + 1
      from (
        select g.device, g.from_seq, g.to_seq from gaps g join cameras c using (device)
        where g.closed_at is null and g.found_at < now() - make_interval(secs => $1) and g.tries < $2
          and (g.asked_at is null or g.asked_at < now() - make_interval(secs => $3 * power(2, g.tries - 1)))
          and c.identity is not null and coalesce(c.status->>'state', '') <> 'offline'
        order by g.asked_at nulls first limit $4 for update of g skip locked
      ) due
      where g.device = due.device and g.from_seq = due.from_seq and g.to_seq = due.to_seq
      returning g.device,
        (select min(s) from (
          select g.from_seq as s union all
          select c.seq + 1 from chain c where c.device = g.device and c.seq between g.from_seq and g.to_seq - 1) next
          where not exists (select 1 from chain c where c.device = g.device and c.seq = next.s))::text as "from",
        g.to_seq::text as "to"`,
    [STAYS_SECONDS, TRIES, FIRST_WAIT_SECONDS, GAPS_AT_ONCE],
  );
  return claimed
    .map(({ device, from, to }) => ({ device, from: Number(from), to: Number(to) }))
    .map((missing) => ({ ...missing, to: Math.min(missing.to, missing.from + mostReports - 1) }));
}
