/**
 * Archives a batch of verified reports in one statement: a process that dies has archived the whole batch or none of it.
 *
 * The function first locks the ends of the chains, in the order of the cameras' names, so only one process at a time checks the
 * chain of a camera. Each sequence number takes one report; a different second report goes to \`contested\` and is a fork. The
 * report that jumps over a gap notes the gap, so each gap has one row. Several processes archive out of order, so a gap becomes a
 * finding only when it stays.
 */
export const generateSql = () => `
create function archive_reports(
  devices text[], seqs bigint[], rids uuid[], digests text[], prevs text[], iats double precision[],
  jtis text[], decisions text[], tokens text[], skew double precision
) returns jsonb language plpgsql as $$
declare
  today date := (now() at time zone 'utc')::date;
  fresh jsonb;
  contested_count integer;
  late_count integer;
  found jsonb;
begin
  insert into chain_ends (device, seq, iat)
    select distinct d, 0, 0 from unnest(devices) d order by d on conflict do nothing;
  perform 1 from chain_ends e where e.device = any (devices) order by e.device for update;

  with proposed as (
    select distinct on (p.device, p.seq, p.digest) p.* from
      unnest(devices, seqs, rids, digests, prevs, iats, jtis, decisions, tokens)
      with ordinality as p (device, seq, rid, digest, prev, iat, jti, decision, token, at)
    order by p.device, p.seq, p.digest, p.at
  ), taken as (
    insert into chain (device, seq, rid, digest, prev, iat, archived_on)
      select device, seq, rid, digest, prev, iat, today from proposed order by at
      on conflict do nothing returning device, seq, digest
  ), stored as (
    insert into reports (archived_on, device, seq, jti, decision, token)
      select today, device, seq, jti, decision, token from proposed join taken using (device, seq, digest)
  )
  select coalesce(jsonb_agg(jsonb_build_object('device', device, 'seq', seq, 'digest', digest, 'prev', prev,
    'iat', iat, 'jti', jti)), '[]') into fresh from proposed join taken using (device, seq, digest);

  with proposed as (
    select * from unnest(devices, seqs, rids, digests, tokens) as p (device, seq, rid, digest, token)
  ), second as (
    insert into contested (device, seq, digest, rid, token)
      select p.device, p.seq, p.digest, p.rid, p.token from proposed p
      where not exists (
        select 1 from chain c where c.device = p.device and c.seq = p.seq and c.digest = p.digest)
      on conflict do nothing returning device, seq, digest
  ), noted as (
    insert into findings (device, kind, seq, to_seq, digest)
      select device, 'fork', seq, seq, digest from second on conflict do nothing
  )
  select count(*) into contested_count from second;

  with new as (
    select * from jsonb_to_recordset(fresh) as n (device text, seq bigint, digest text, prev text, iat double precision)
  ), placed as (
    select n.*, e.seq as end_seq, e.iat as end_iat, before.seq as before_seq, before.digest as before_digest,
      after.prev as after_prev, after.seq as after_seq
    from new n join chain_ends e using (device)
    left join lateral (select c.seq, c.digest from chain c where c.device = n.device and c.seq < n.seq
      order by c.seq desc limit 1) before on true
    left join chain after on after.device = n.device and after.seq = n.seq + 1
  ), jumped as (
    insert into gaps (device, from_seq, to_seq)
      select device, coalesce(before_seq, 0) + 1, seq - 1 from placed
      where seq > end_seq and seq > coalesce(before_seq, 0) + 1
      on conflict do nothing
  ), noted as (
    insert into findings (device, kind, seq, to_seq)
      select device, 'unlinked', seq, seq from placed
        where (seq = 1 and prev is not null) or (before_seq = seq - 1 and before_digest is distinct from prev)
      union all select device, 'unlinked', after_seq, after_seq from placed where after_prev is distinct from digest
        and after_seq is not null
      union all select device, 'fork', seq, seq from placed where seq <= end_seq and iat > end_iat + skew
      on conflict do nothing
  )
  select count(*) filter (where seq <= end_seq) into late_count from placed;

  update chain_ends e set seq = n.seq, iat = n.iat
    from (select distinct on (device) device, seq, iat
      from jsonb_to_recordset(fresh) as f (device text, seq bigint, iat double precision)
      order by device, seq desc) n
    where e.device = n.device and n.seq > e.seq;

  if late_count > 0 then
    update gaps g set closed_at = now(), closed_because = 'filled'
      where g.closed_at is null and g.device = any (devices) and g.to_seq - g.from_seq + 1 =
        (select count(*) from chain c where c.device = g.device and c.seq between g.from_seq and g.to_seq);
  end if;

  update verifications v set seq = p.seq
    from unnest(devices, seqs, digests, jtis) as p (device, seq, digest, jti)
    join chain c on c.device = p.device and c.seq = p.seq and c.digest = p.digest
    where v.device = p.device and v.id = p.jti and v.seq is null;

  select coalesce(jsonb_agg(jsonb_build_object('device', f.device, 'kind', f.kind, 'fromSeq', f.seq,
    'toSeq', f.to_seq) order by f.id), '[]') into found
    from findings f where f.found_at = now() and f.device = any (devices);

  return jsonb_build_object('fresh', jsonb_array_length(fresh), 'contested', contested_count, 'late', late_count,
    'findings', found);
end $$;
`;
