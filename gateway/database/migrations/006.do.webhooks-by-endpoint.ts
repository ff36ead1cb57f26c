/**
 * The outbox has a row for each endpoint. Which endpoints there are is the database's to say, so that gateways whose files
 * differ lose no event: a row waits for a process that knows where to send it.
 */
export const generateSql = () => `
begin;

insert into webhook_outbox (event, endpoint, device, id, seq, state, at)
  select o.event, e.name, o.device, o.id, o.seq, o.state, o.at
  from webhook_outbox o cross join webhook_endpoints e where o.endpoint is null;
delete from webhook_outbox where endpoint is null;
alter table webhook_outbox alter column endpoint set not null;
drop index webhook_outbox_at;
create index webhook_outbox_at on webhook_outbox (endpoint, at);

create or replace function note_archived() returns trigger language plpgsql as $$
begin
  with events as materialized (select gen_random_uuid() as event, device, jti, seq from fresh)
  insert into webhook_outbox (event, endpoint, device, id, seq, state)
    select v.event, e.name, v.device, v.jti, v.seq, 'reported' from events v cross join webhook_endpoints e;
  return null;
end $$;

create or replace function note_refused() returns trigger language plpgsql as $$
declare
  event uuid := gen_random_uuid();
begin
  insert into webhook_outbox (event, endpoint, device, id, state)
    select event, e.name, new.device, new.id, 'refused' from webhook_endpoints e;
  return null;
end $$;

commit;
`;
