/**
 * Reads the claims of a report's token (JSON in base64url without padding) that the figures of a rollout need. PostgreSQL accepts
 * less JSON than JavaScript, for example no NUL, and a camera can sign any text. A token that PostgreSQL cannot read gives nulls, so
 * that it does not fail a statement about other reports.
 */
export const generateSql = () => `
create function report_facts(token text, out reason text, out took double precision, out pack text)
language plpgsql immutable as $$
declare
  part text := split_part(token, '.', 2);
  claims jsonb;
begin
  claims := convert_from(decode(rpad(translate(part, '-_', '+/'), (length(part) + 3) / 4 * 4, '='), 'base64'), 'utf8');
  reason := claims->>'reason';
  took := (claims->>'finished')::float8 - (claims->>'started')::float8;
  pack := claims->'pack'->>'hash';
exception when others then
  reason := null; took := null; pack := null;
end $$;
`;
