/**
 * What webhooks tell of. A row of \`webhook_outbox\` is written in the transaction that ends a verification, so that a process
 * that dies has done both or neither. Nothing is written while no endpoint is configured.
 */
export const generateSql = () => `
begin;

create table webhook_endpoints (name text primary key);

create table webhook_outbox (
  job uuid primary key default gen_random_uuid(),
  event uuid not null default gen_random_uuid(),
  endpoint text,
  device text not null,
  id text not null,
  seq bigint,
  state text not null,
  at timestamptz not null default now()
);
create index webhook_outbox_at on webhook_outbox (at);

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

create function note_archived() returns trigger language plpgsql as $$
begin
  insert into webhook_outbox (device, id, seq, state)
    select device, jti, seq, 'reported' from fresh where exists (select 1 from webhook_endpoints);
  return null;
end $$;
create trigger note_archived after insert on reports referencing new table as fresh
  for each statement execute function note_archived();

create function note_refused() returns trigger language plpgsql as $$
begin
  insert into webhook_outbox (device, id, state)
    select new.device, new.id, 'refused' where exists (select 1 from webhook_endpoints);
  return null;
end $$;
create trigger note_refused after update of refusal_code on verifications for each row
  when (old.refusal_code is null and new.refusal_code is not null) execute function note_refused();

alter table verifications add column unanswered_at timestamptz;
create index verifications_unanswered on verifications (answer_by)
  where seq is null and refusal_code is null and unanswered_at is null;

commit;
`;
