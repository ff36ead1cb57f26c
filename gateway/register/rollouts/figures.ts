import type { Queries } from "../../database/database.ts";
import { type Compared, type Figures, VERIFICATION_FIGURES, type VerificationFigure } from "./judge.ts";
import { FAULTY, type Rollout } from "./rollouts.ts";
import type { Share } from "./statistics.ts";

/**
 * Counts the verifications of four groups. `stage`: cameras of the present stage, before and after each got the change. `others`,
 * at the same times: cameras that do not change in this stage, because they wait or got the change in an earlier one.
 * Verifications that a person ended do not count, because they say nothing about a camera; reports that the database cannot read
 * do not count either.
 */
const VERIFICATIONS = `with cameras as (
    select rc.device, rc.done_at, b.span, b.stage_at, rc.stage = b.stage as in_stage, rc.state,
      least(b.stage_at, rc.done_at) as changes
    from rollout_cameras rc, base b where rc.rollout = b.id
  ), groups as (
    select device, 'stage' as who, 'before' as at, changes - span as begins, changes as ends from cameras where in_stage
    union all select device, 'stage', 'after', greatest(done_at, stage_at), 'infinity'
      from cameras where in_stage and state = 'done'
    union all select device, 'others', 'before', greatest(done_at, stage_at - span), stage_at
      from cameras where not in_stage and (done_at is null or done_at < stage_at)
    union all select device, 'others', 'after', stage_at, 'infinity'
      from cameras where not in_stage and (done_at is null or done_at < stage_at)
  ), read as materialized (
    select g.who, g.at, r.decision, f.reason, f.took
      from groups g join reports r on r.device = g.device and r.archived_at >= g.begins and r.archived_at < g.ends
        and r.archived_on >= (select (created_at - span)::date - 1 from base)
      cross join lateral report_facts(r.token) as f
      where f.pack is not null
        and (not (g.who = 'stage' and g.at = 'after') or coalesce((select what->>'hash' from base), f.pack) = f.pack)
  ), usual as (
    select who, percentile_disc(0.9) within group (order by took) as most
      from read where decision = 'match' and at = 'before' group by 1
  ), anywhere as (
    select percentile_disc(0.9) within group (order by took) as most from read where decision = 'match'
  )
  select r.who, r.at, count(*)::int as "all",
    (count(*) filter (where decision = 'inconclusive'))::int as inconclusive,
    (count(*) filter (where decision = 'no_match'))::int as no_match,
    (count(*) filter (where decision = 'match'))::int as matches,
    (count(*) filter (where decision = 'match' and took > coalesce(u.most, a.most)))::int as slow
  from read r left join usual u on u.who = r.who cross join anywhere a
  where coalesce(reason, '') not in ('cancelled', 'declined') group by 1, 2`;

const BASE = `with base as (
  select id, what, stage, stage_at, created_at, hours * interval '1 hour' as span from rollouts where id = $1
) select v.* from (${VERIFICATIONS}) as v`;

const CAMERAS = `select
    (count(*) filter (where rc.state = 'failed'))::int as refused,
    (count(*) filter (where rc.state in ('failed', 'done')))::int as answered,
    (count(*) filter (where rc.state = 'done' and ${FAULTY}))::int as "faultyNow",
    (count(*) filter (where rc.state = 'done'))::int as done,
    (count(*) filter (where rc.stage > r.stage and ${FAULTY}))::int as "faultyWaiting",
    (count(*) filter (where rc.stage > r.stage))::int as waiting,
    (count(*) filter (where rc.faulty_before))::int as "faultyBefore",
    count(*)::int as "all"
  from rollout_cameras rc join rollouts r on r.id = rc.rollout join cameras c using (device) where rc.rollout = $1`;

type CameraCounts = Readonly<
  Record<"refused" | "answered" | "faultyNow" | "done" | "faultyWaiting" | "waiting" | "faultyBefore" | "all", number>
>;
interface GroupRow extends Readonly<Record<string, unknown>> {
  readonly who: keyof Compared;
  readonly at: "before" | "after";
  readonly all: number;
  readonly inconclusive: number;
  readonly no_match: number;
  readonly matches: number;
  readonly slow: number;
}

/** Reads the figures of the present stage. It reads every report of the compared times. */
export async function readFigures(queries: Queries, { id }: Rollout): Promise<Figures> {
  const [cameras] = await queries.query<CameraCounts>(CAMERAS, [id]);
  const groups = await queries.query<GroupRow>(BASE, [id]);
  const share = (figure: VerificationFigure, who: keyof Compared, at: "before" | "after"): Share => {
    const group = groups.find((one) => one.who === who && one.at === at);
    if (!group) return { bad: 0, of: 0 };
    return { bad: group[figure], of: figure === "slow" ? group.matches : group.all };
  };
  const shift = (figure: VerificationFigure, who: keyof Compared) => ({
    before: share(figure, who, "before"),
    after: share(figure, who, "after"),
  });
  const compared = VERIFICATION_FIGURES.map((figure): [VerificationFigure, Compared] => [
    figure,
    { stage: shift(figure, "stage"), others: shift(figure, "others") },
  ]);
  const { refused = 0, answered = 0, faultyNow = 0, done = 0, faultyWaiting = 0, waiting = 0 } = cameras ?? {};
  return {
    refused: { bad: refused, of: answered },
    faults: {
      changed: { bad: faultyNow, of: done },
      baseline: { bad: faultyWaiting + (cameras?.faultyBefore ?? 0), of: waiting + (cameras?.all ?? 0) },
    },
    verifications: Object.fromEntries(compared) as Figures["verifications"],
  };
}
