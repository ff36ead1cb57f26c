import type { Queries } from "../database/database.ts";
import { answerOf } from "../verifications/answer.ts";
import type { Delivery } from "./deliver.ts";
import type { TakenJob } from "./queue.ts";

interface EndedRow {
  readonly [column: string]: unknown;
  readonly job: string;
  readonly token: string | null;
  readonly refusalCode: string | null;
  readonly refusalBecause: string | null;
}

/** The events for jobs, in the same order. They are read at the time of sending, so that the queue contains no report. */
export async function deliveriesOf(queries: Queries, jobs: readonly TakenJob[]): Promise<readonly Delivery[]> {
  const rows = await queries.query<EndedRow>(
    `select j.job, r.token, v.refusal_code as "refusalCode", v.refusal_because as "refusalBecause"
      from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) as j (job, device, id, seq)
      left join chain c on c.device = j.device and c.seq = j.seq
      left join reports r on r.archived_on = c.archived_on and r.device = c.device and r.seq = c.seq
      left join verifications v on j.seq is null and v.device = j.device and v.id = j.id`,
    [
      jobs.map(({ job }) => job),
      jobs.map(({ device }) => device),
      jobs.map(({ id }) => id),
      jobs.map(({ seq }) => seq),
    ],
  );
  const found = new Map(rows.map((row) => [row.job, row]));
  return jobs.map((job) => deliveryOf(job, found.get(job.job)));
}

function deliveryOf({ event, device, id, state, at }: TakenJob, row: EndedRow | undefined): Delivery {
  const { token = null, refusalCode = null, refusalBecause = null } = row ?? {};
  const data = answerOf({ device, id, token, refusalCode, refusalBecause }, state);
  return { event, body: JSON.stringify({ type: "verification.ended", timestamp: at, data }) };
}
