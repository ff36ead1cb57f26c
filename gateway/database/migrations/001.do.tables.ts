/** The tables. Each is described in docs/adr/0025-a-carrier-gateway.md. */
export const generateSql = () => `
begin;

create table cameras (
  device text primary key,
  shop text,
  pin text,
  enrolled_at timestamptz,
  certificate_ends timestamptz,
  identity jsonb,
  status jsonb,
  seen_at timestamptz
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
  primary key (device, id)
);
create index verifications_id on verifications (id);
create index verifications_digest on verifications (device, digest);

commit;
`;
