/**
 * Changes that reach the fleet in stages. At most one is under way. What a camera had before is noted before it is sent the
 * change, so that whoever goes on after a kill can take it back.
 */
export const generateSql = () => `
begin;

create table rollouts (
  id uuid primary key default gen_random_uuid(),
  what jsonb not null,
  shares double precision[] not null,
  hours double precision not null,
  least integer not null,
  state text not null default 'running',
  stage integer not null default 1,
  stage_at timestamptz not null default now(),
  looks integer not null default 0,
  why text,
  created_at timestamptz not null default now(),
  created_by text not null
);
create unique index rollouts_under_way on rollouts ((true)) where state in ('running', 'halted', 'undoing');

create table rollout_cameras (
  rollout uuid not null references rollouts,
  device text not null,
  stage integer not null,
  state text not null default 'pending',
  faulty_before boolean not null,
  before jsonb,
  done_at timestamptz,
  because text,
  primary key (rollout, device)
);

commit;
`;
