/**
 * All tables; docs/adr/0025-a-carrier-gateway.md describes them. The numbers of migrations begin at 10, because development versions
 * used 1 to 9.
 */
export const generateSql = () => `

create table cameras (
  device text primary key,
  shop text,
  pin text,
  enrolled_at timestamptz,
  certificate_ends timestamptz,
  identity jsonb,
  status jsonb,
  seen_at timestamptz,
  health jsonb
);
create index cameras_shop on cameras (shop);

create table chain (
  device text not null,
  seq bigint not null,
  rid uuid not null unique,
  digest text not null,
  prev text,
  iat double precision not null,
  archived_on date not null,
  primary key (device, seq)
);

create table chain_ends (
  device text primary key,
  seq bigint not null,
  iat double precision not null
);

create table reports (
  archived_on date not null,
  device text not null,
  seq bigint not null,
  jti text not null,
  decision text not null,
  archived_at timestamptz not null default now(),
  token text not null,
  primary key (archived_on, device, seq)
) partition by range (archived_on);

create table contested (
  device text not null,
  seq bigint not null,
  digest text not null,
  rid uuid not null,
  token text not null,
  archived_at timestamptz not null default now(),
  primary key (device, seq, digest)
);

create table unproven (
  device text not null,
  digest text not null,
  token text not null,
  why text not null,
  received_at timestamptz not null default now(),
  primary key (device, digest)
);

create table findings (
  id bigint generated always as identity primary key,
  device text not null,
  kind text not null,
  seq bigint not null,
  to_seq bigint not null,
  digest text not null default '',
  found_at timestamptz not null default now(),
  unique (device, kind, seq, digest)
);

create table gaps (
  device text not null,
  from_seq bigint not null,
  to_seq bigint not null,
  found_at timestamptz not null default now(),
  asked_at timestamptz,
  tries integer not null default 0,
  closed_at timestamptz,
  closed_because text,
  primary key (device, from_seq, to_seq)
);
create index gaps_open on gaps (device) where closed_at is null;

create table verifications (
  device text not null,
  id text not null,
  fingerprint text not null,
  digest text not null,
  asked_by text not null,
  asked_at timestamptz not null default now(),
  answer_by timestamptz not null,
  sent boolean not null default false,
  seq bigint,
  refusal_code text,
  refusal_because text,
  unanswered_at timestamptz,
  primary key (device, id)
);
create index verifications_id on verifications (id);
create index verifications_digest on verifications (device, digest);
create index verifications_asked on verifications (device, asked_at desc);
create index verifications_unanswered on verifications (answer_by)
  where seq is null and refusal_code is null and unanswered_at is null;

create table webhook_endpoints (
  name text primary key,
  seen_at timestamptz not null default now()
);

create table webhook_outbox (
  job uuid primary key default gen_random_uuid(),
  event uuid not null default gen_random_uuid(),
  endpoint text not null,
  device text not null,
  id text not null,
  seq bigint,
  state text not null,
  at timestamptz not null default now()
);
create index webhook_outbox_at on webhook_outbox (endpoint, at);

create table webhook_dead (
  job uuid primary key,
  event uuid not null,
  endpoint text not null,
  device text not null,
  id text not null,
  seq bigint,
  state text not null,
  at timestamptz not null,
  why text not null,
  given_up_at timestamptz not null default now()
);

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

`;
