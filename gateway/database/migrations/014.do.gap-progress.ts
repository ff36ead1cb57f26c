/**
 * The first missing report when a gap was last asked for: once it has arrived, the attempts are counted anew. Gaps that are open get
 * their attempts again, because large ones gave up after ten answers of 500 reports.
 */
export const generateSql = () => `
alter table gaps add asked_from bigint;
update gaps set tries = 0 where closed_at is null;
`;
