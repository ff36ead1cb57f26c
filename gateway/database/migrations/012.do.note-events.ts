/**
 * Triggers that write the events of webhooks to \`webhook_outbox\`, a row for each endpoint. The row is written in the transaction
 * that ends the verification, so a process that dies has done both or neither. The database knows the names of all endpoints, so
 * gateways whose files differ lose no event: a row waits for a process that knows the address.
 */
export const generateSql = () => `

create function note_archived() returns trigger language plpgsql as $$
begin
  with events as materialized (select gen_random_uuid() as event, device, jti, seq from fresh)
  insert into webhook_outbox (event, endpoint, device, id, seq, state)
    select v.event, e.name, v.device, v.jti, v.seq, 'reported' from events v cross join webhook_endpoints e;
  return null;
end $$;
create trigger note_archived after insert on reports referencing new table as fresh
  for each statement execute function note_archived();

create function note_refused() returns trigger language plpgsql as $$
declare
  event uuid := gen_random_uuid();
begin
  insert into webhook_outbox (event, endpoint, device, id, state)
    select event, e.name, new.device, new.id, 'refused' from webhook_endpoints e;
  return null;
end $$;
create trigger note_refused after update of refusal_code on verifications for each row
  when (old.refusal_code is null and new.refusal_code is not null) execute function note_refused();

`;
