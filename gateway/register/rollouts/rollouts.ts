import type { Queries } from "../../database/database.ts";

/** The change that a rollout brings to the fleet. */
export type RolloutChange =
  | { readonly kind: "pack"; readonly id: string; readonly version: string; readonly hash: string }
  | { readonly kind: "settings"; readonly set: Readonly<Record<string, string>> };

/** A `done` rollout is over and can be rolled back. A `halted` one waits for a person. */
export const ROLLOUT_STATES = ["running", "halted", "done", "undoing", "undone"] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

/** `sent`: the change may have been sent, and the camera's earlier state is noted. */
export const CAMERA_STATES = ["pending", "sent", "done", "failed", "undone"] as const;
export type RolloutCameraState = (typeof CAMERA_STATES)[number];

export interface NewRollout {
  readonly what: RolloutChange;
  /** The share of the fleet, in percent, that has the change after each stage; ascending, the last is 100. */
  readonly shares: readonly number[];
  readonly hours: number;
  readonly least: number;
}

export interface Rollout extends NewRollout {
  readonly id: string;
  readonly state: RolloutState;
  /** Counted from 1. */
  readonly stage: number;
  readonly stageAt: Date;
  readonly looks: number;
  readonly why: string | null;
  readonly createdAt: Date;
  readonly createdBy: string;
}

export interface RolloutCamera {
  readonly device: string;
  readonly stage: number;
  readonly state: RolloutCameraState;
  readonly before: unknown;
  readonly because: string | null;
}

const COLUMNS = `id, what, shares, hours, least, state, stage, stage_at as "stageAt", looks, why,
  created_at as "createdAt", created_by as "createdBy"`;
type RolloutRow = { readonly [N in keyof Rollout]: Rollout[N] };
type CameraRow = { readonly [N in keyof RolloutCamera]: RolloutCamera[N] };

/** SQL: the camera needs attention, whatever the rollout does. A lock after attacks is not a fault of the camera. */
export const FAULTY = `(coalesce(c.status->>'state', 'offline') in ('offline', 'faulty')
  or jsonb_array_length(coalesce(c.status->'faults', '[]') - 'spoof_locked') > 0
  or coalesce(c.health->>'state', '') = 'unhealthy')`;

/**
 * Begins a rollout to all cameras with a known identity; undefined while another rollout is under way. The SHA-256 of the
 * rollout's id and the camera's name gives the order of the cameras. Each stage has at least one camera, if there are enough.
 */
export async function createRollout(
  queries: Queries,
  { what, shares, hours, least }: NewRollout,
  by: string,
): Promise<Rollout | undefined> {
  const [row] = await queries.query<RolloutRow>(
    `with made as (
      insert into rollouts (what, shares, hours, least, created_by) values ($1, $2::double precision[], $3, $4, $5)
        on conflict do nothing returning *
    ), ranked as (
      select m.id, c.device, ${FAULTY} as faulty, count(*) over () as total,
        row_number() over (order by encode(sha256(convert_to(m.id || ' ' || c.device, 'utf8')), 'hex')) as rank
      from made m, cameras c where c.identity is not null
    ), staged as (
      insert into rollout_cameras (rollout, device, stage, faulty_before)
        select id, device, (select min(s.stage) from unnest($2::double precision[]) with ordinality as s (share, stage)
          where rank <= greatest(s.stage, ceil(total * s.share / 100)) or s.share = 100), faulty from ranked
    )
    select ${COLUMNS} from made`,
    [JSON.stringify(what), shares, hours, least, by],
  );
  return row;
}

export async function findRollout(queries: Queries, id: string): Promise<Rollout | undefined> {
  const [row] = await queries.query<RolloutRow>(`select ${COLUMNS} from rollouts where id = $1`, [id]);
  return row;
}

/** The newest first. */
export function listRollouts(queries: Queries, limit: number): Promise<readonly Rollout[]> {
  return queries.query<RolloutRow>(`select ${COLUMNS} from rollouts order by created_at desc limit $1`, [limit]);
}

/** The allowed earlier states for each state that a person can set. */
const MOVES: Readonly<Partial<Record<RolloutState, readonly RolloutState[]>>> = {
  halted: ["running"],
  running: ["halted"],
  undoing: ["running", "halted", "done"],
};

/**
 * Changes the state of a rollout; undefined if the present state, or another rollout that is under way, does not allow it. A
 * roll-back without a reason keeps the reason of the halt.
 */
export async function moveRollout(
  queries: Queries,
  id: string,
  to: RolloutState,
  why: string | null,
): Promise<Rollout | undefined> {
  // After a halt, the counts of the stage start at zero.
  const [row] = await queries.query<RolloutRow>(
    `update rollouts set state = $2, why = coalesce(nullif($3, ''), case when $2 = 'undoing' and state = 'halted' then why end), looks = case when $2 = 'running' then 0 else looks end,
        stage_at = case when $2 = 'running' then now() else stage_at end
      where id = $1 and state = any ($4::text[])
        and (state <> 'done' or not exists (select from rollouts where state in ('running', 'halted', 'undoing')))
      returning ${COLUMNS}`,
    [id, to, why, MOVES[to] ?? []],
  );
  return row;
}

/** A change of state that the gateway makes by itself. */
export type Step =
  | { readonly state: "running"; readonly stage: number; readonly looks: number }
  | { readonly state: "done" | "undone" }
  | { readonly state: "halted"; readonly why: string };

/** Takes a step, unless another process or a person changed the rollout first. */
export async function stepRollout(queries: Queries, at: Rollout, step: Step): Promise<void> {
  const stage = step.state === "running" ? step.stage : at.stage;
  await queries.query(
    `update rollouts set state = $5, stage = $6, looks = $7, why = $8,
        stage_at = case when $6 > stage then now() else stage_at end
      where id = $1 and state = $2 and stage = $3 and looks = $4`,
    [
      at.id,
      at.state,
      at.stage,
      at.looks,
      step.state,
      stage,
      step.state === "running" ? step.looks : at.looks,
      whyAfter(at, step),
    ],
  );
}

/** A rollout that was taken back keeps the reason why. */
function whyAfter(at: Rollout, step: Step): string | null {
  if (step.state === "halted") return step.why;
  return step.state === "undone" ? at.why : null;
}

/** SQL: the camera waits for a command in a stage up to the present one: the change, or its roll-back. */
const DUE = `case r.state when 'undoing' then rc.state in ('sent', 'done')
  when 'halted' then false when 'undone' then false else rc.stage <= r.stage and rc.state in ('pending', 'sent') end`;
const CONNECTED = "coalesce(c.status->>'state', 'offline') <> 'offline'";

export interface RolloutCamerasPage {
  readonly after: string;
  readonly limit: number;
  /** Only connected cameras that wait for a command. */
  readonly due: boolean;
}

export function listRolloutCameras(
  queries: Queries,
  rollout: string,
  { after, limit, due }: RolloutCamerasPage,
): Promise<readonly RolloutCamera[]> {
  return queries.query<CameraRow>(
    `select rc.device, rc.stage, rc.state, rc.before, rc.because from rollout_cameras rc
      join rollouts r on r.id = rc.rollout left join cameras c on c.device = rc.device
      where rc.rollout = $1 and rc.device > $2 and (not $4::boolean or (${DUE} and ${CONNECTED}))
      order by rc.device limit $3`,
    [rollout, after, limit, due],
  );
}

/** Counts the cameras in each stage and state. */
export function countRolloutCameras(
  queries: Queries,
  rollout: string,
): Promise<readonly { readonly stage: number; readonly state: RolloutCameraState; readonly cameras: number }[]> {
  return queries.query(
    `select stage, state, count(*)::int as cameras from rollout_cameras where rollout = $1 group by 1, 2 order by 1, 2`,
    [rollout],
  );
}

export interface CameraNote {
  readonly device: string;
  readonly state: RolloutCameraState;
  readonly before?: unknown;
  readonly because?: string | undefined;
}

/**
 * Notes the state of a camera. Its earlier state is noted once. False if the camera is not in the rollout, or if the note is
 * `sent` and the rollout does not send now: a halt is effective at once, for every sender.
 */
export async function noteCamera(queries: Queries, rollout: string, note: CameraNote): Promise<boolean> {
  const rows = await queries.query(
    `update rollout_cameras set state = $3, before = coalesce(before, $4), because = $5,
        done_at = case when $3 = 'done' then coalesce(done_at, now()) else done_at end
      where rollout = $1 and device = $2 and ($3 <> 'sent' or exists (
        select 1 from rollouts r where r.id = $1 and r.state in ('running', 'done') and r.stage >= rollout_cameras.stage))
      returning device`,
    [
      rollout,
      note.device,
      note.state,
      note.before === undefined ? null : JSON.stringify(note.before),
      note.because ?? null,
    ],
  );
  return rows.length > 0;
}
