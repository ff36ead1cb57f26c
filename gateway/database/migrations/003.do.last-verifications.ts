/** Pages ask for the last verifications of one camera. */
export const generateSql = () => `
create index verifications_asked on verifications (device, asked_at desc);
`;
