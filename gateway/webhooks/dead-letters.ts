import type { Queries } from "../database/database.ts";
import type { TakenJob } from "./queue.ts";

/** An event that could not be delivered in all attempts. */
export interface DeadLetter {
  readonly job: string;
  readonly event: string;
  readonly endpoint: string;
  readonly device: string;
  readonly id: string;
  readonly state: string;
  readonly at: Date;
  readonly why: string;
  readonly givenUpAt: Date;
}

export async function keepDeadLetters(
  queries: Queries,
  letters: readonly (TakenJob & { readonly why: string })[],
): Promise<void> {
  const column = <T>(of: (letter: TakenJob & { readonly why: string }) => T) => letters.map(of);
  await queries.query(
    `insert into webhook_dead (job, event, endpoint, device, id, seq, state, at, why)
      select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
        $8::timestamptz[], $9::text[]) on conflict do nothing`,
    [
      column(({ job }) => job),
      column(({ event }) => event),
      column(({ endpoint }) => endpoint),
      column(({ device }) => device),
      column(({ id }) => id),
      column(({ seq }) => seq),
      column(({ state }) => state),
      column(({ at }) => at),
      column(({ why }) => why),
    ],
  );
}

const COLUMNS = `job, event, endpoint, device, id, state, at, why, given_up_at as "givenUpAt"`;

type DeadLetterRow = { readonly [N in keyof DeadLetter]: DeadLetter[N] };

/** The newest dead letters. */
export function listDeadLetters(queries: Queries, limit: number): Promise<readonly DeadLetter[]> {
  return queries.query<DeadLetterRow>(`select ${COLUMNS} from webhook_dead order by given_up_at desc, job limit $1`, [
    limit,
  ]);
}

export async function countDeadLetters(queries: Queries): Promise<number> {
  const [row] = await queries.query<{ readonly n: number }>("select count(*)::int as n from webhook_dead");
  return row?.n ?? 0;
}

/** A dead letter is kept for so long. */
export const DEAD_KEPT_DAYS = 30;

/** Deletes old dead letters, which would fill the disk. */
export async function forgetDeadLetters(queries: Queries): Promise<void> {
  await queries.query("delete from webhook_dead where given_up_at < now() - make_interval(days => $1)", [
    DEAD_KEPT_DAYS,
  ]);
}

/** Puts a dead letter back into the outbox of its endpoint. Undefined if one of the two does not exist. */
export async function resendDeadLetter(queries: Queries, job: string): Promise<DeadLetter | undefined> {
  const [row] = await queries.query<DeadLetterRow>(
    `with dead as (
        delete from webhook_dead where job = $1 and endpoint in (select name from webhook_endpoints) returning *
      ),
      again as (insert into webhook_outbox (event, endpoint, device, id, seq, state, at)
        select event, endpoint, device, id, seq, state, at from dead)
      select ${COLUMNS} from dead`,
    [job],
  );
  return row;
}
