/** What a camera last said of its health: shown, and never signed. */
export const generateSql = () => `
alter table cameras add column health jsonb;
`;
