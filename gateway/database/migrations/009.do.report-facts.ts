/**
 * What a rollout's figures need of a report's token (claims: JSON in base64url without padding). PostgreSQL takes less for JSON
 * than JavaScript does, such as no NUL, and a camera signs what it likes: a token that it cannot read has no facts, and fails no
 * statement about others.
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
