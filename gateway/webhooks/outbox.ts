import type { Queries } from "../database/database.ts";
import type { Job, TakenJob } from "./queue.ts";

/** The number of rows that are moved at once. */
const MOST = 500;

interface OutboxRow {
  readonly [column: string]: unknown;
  readonly job: string;
  readonly event: string;
  readonly endpoint: string;
  readonly device: string;
  readonly id: string;
  readonly seq: number | null;
  readonly state: Job["state"];
  readonly at: Date;
}

/**
 * Moves events from the outbox to the queue. If a process dies meanwhile, another moves them with the same ids; two processes at
 * once make each job only once. Returns the number of moved events.
 */
export async function moveEvents(
  queries: Queries,
  endpoints: readonly string[],
  add: (jobs: readonly TakenJob[]) => Promise<void>,
): Promise<number> {
  const rows = await queries.query<OutboxRow>(
    `select job, event, endpoint, device, id, seq::float8 as seq, state, at from webhook_outbox
      where endpoint = any ($1::text[]) order by at limit ${MOST}`,
    [endpoints],
  );
  if (rows.length === 0) return 0;
  await add(rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() })));
  await queries.query("delete from webhook_outbox where job = any ($1::uuid[])", [rows.map(({ job }) => job)]);
  return rows.length;
}

/**
 * Makes one event for each verification whose time is over without an answer. Older ones than a day make none: no POS waits for them,
 * and an endpoint that is new gets no history.
 */
export async function noteUnanswered(queries: Queries): Promise<void> {
  await queries.query(
    `with late as (
      update verifications set unanswered_at = now() where (device, id) in (
        select device, id from verifications
        where answer_by < now() and answer_by > now() - interval '1 day' and seq is null and refusal_code is null and unanswered_at is null
        limit ${MOST} for update skip locked)
      returning gen_random_uuid() as event, device, id, answer_by)
    insert into webhook_outbox (event, endpoint, device, id, state, at)
      select event, name, device, id, 'unanswered', answer_by from late cross join webhook_endpoints`,
  );
}
