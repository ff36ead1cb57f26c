/** When a process last had an endpoint in its file: what nobody has had for a week gets no events any more. */
export const generateSql = () => `
alter table webhook_endpoints add column seen_at timestamptz not null default now();
`;
