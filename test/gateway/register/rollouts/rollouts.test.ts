import { randomUUID } from "node:crypto";
import t from "tap";
import { advance, judgeRollout } from "../../../../gateway/register/rollouts/advance.ts";
import { readFigures } from "../../../../gateway/register/rollouts/figures.ts";
import {
  createRollout,
  findRollout,
  listRolloutCameras,
  moveRollout,
  type NewRollout,
  noteCamera,
  type Rollout,
} from "../../../../gateway/register/rollouts/rollouts.ts";
import { openTestDatabase } from "../../../support/test-database.ts";

const { database } = await openTestDatabase(t);
const HASH = "b".repeat(64);
const PACK = { kind: "pack", id: "next", version: "2.0.0", hash: HASH } as const;
const plan: NewRollout = { what: PACK, shares: [1, 10, 100], hours: 24, least: 40 };

await database.query(
  `insert into cameras (device, identity, status)
    select 'counter-' || i, '{}', '{"state": "ready", "faults": []}' from generate_series(1, 30) i`,
);

const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
let seq = 0;
/** Reports as they are archived, a while ago. */
async function archive(
  device: string,
  count: number,
  decision: string,
  change: { hours?: number; took?: number; hash?: string; reason?: string } = {},
) {
  const { hours = 0, took = 3, hash = "a".repeat(64), reason } = change;
  const claims = token({ decision, started: 1_000, finished: 1_000 + took, pack: { id: "x", hash }, reason });
  await database.query(
    `insert into reports (archived_on, device, seq, jti, decision, archived_at, token)
      select (now() at time zone 'utc')::date, $1, $2::bigint + i, 'x', $3, now() - $4 * interval '1 hour', $5
        from generate_series(1, $6::int) i`,
    [device, seq, decision, hours, claims, count],
  );
  seq += count;
}

/** As if the stage had begun so long ago. */
const age = (hours: number) =>
  database.query(
    `with r as (update rollouts set stage_at = stage_at - $1 * interval '1 hour', created_at = created_at - $1 * interval '1 hour'),
      a as (update reports set archived_at = archived_at - $1 * interval '1 hour')
      update rollout_cameras set done_at = done_at - $1 * interval '1 hour'`,
    [hours],
  );
const fresh = async ({ id }: Rollout) => {
  const found = await findRollout(database, id);
  if (!found) throw new Error("it is gone");
  return found;
};
const due = async ({ id }: Rollout) =>
  (await listRolloutCameras(database, id, { after: "", limit: 100, due: true })).map(({ device }) => device);

async function begin(): Promise<Rollout> {
  await database.run("truncate reports; delete from rollout_cameras; delete from rollouts");
  const rollout = await createRollout(database, plan, "somebody");
  if (!rollout) throw new Error("another is under way");
  return rollout;
}

async function finish(rollout: Rollout, change: object = {}) {
  for (const device of await due(rollout)) {
    await noteCamera(database, rollout.id, { device, state: "sent", before: { hash: "a" } });
    await noteCamera(database, rollout.id, { device, state: "done", ...change });
  }
}

t.test("each stage has its share, and one at least; only one rollout is under way", async (t) => {
  const rollout = await begin();
  const all = await listRolloutCameras(database, rollout.id, { after: "", limit: 100, due: false });
  const of = (stage: number) => all.filter((one) => one.stage === stage).length;
  t.same([of(1), of(2), of(3)], [1, 2, 27]);
  t.equal((await due(rollout)).length, 1, "the first stage only");
  t.equal(await createRollout(database, plan, "another"), undefined);
  t.ok(await moveRollout(database, rollout.id, "halted", "wait"));
  t.same(await due(rollout), [], "a halted rollout sends nothing");
  t.equal(await moveRollout(database, rollout.id, "halted", null), undefined, "it is halted already");
  t.ok(await moveRollout(database, rollout.id, "undoing", null));
  await advance(database, await fresh(rollout));
  t.match(await fresh(rollout), { state: "undone" }, "no camera had it");
  t.ok(await createRollout(database, plan, "another"), "the next one may begin");
});

t.test("what was before is noted once, and cameras that are away are not due", async (t) => {
  const rollout = await begin();
  const [device = ""] = await due(rollout);
  await noteCamera(database, rollout.id, { device, state: "sent", before: { hash: "a" } });
  await noteCamera(database, rollout.id, { device, state: "sent", before: { hash: "never" } });
  const [camera] = (await listRolloutCameras(database, rollout.id, { after: "", limit: 100, due: true })) as [unknown];
  t.match(camera, { device, state: "sent", before: { hash: "a" } });
  await database.query(`update cameras set status = '{"state": "offline", "faults": []}' where device = $1`, [device]);
  t.same(await due(rollout), []);
  await database.query(`update cameras set status = '{"state": "ready", "faults": []}' where device = $1`, [device]);
  t.equal(await noteCamera(database, rollout.id, { device: "stranger", state: "done" }), false);
});

t.test("one camera's reports cannot stop the judgement", async (t) => {
  const rollout = await begin();
  for (const device of await due(rollout)) await archive(device, 3, "match", { hours: 1 });
  const facts = '"started":1000,"finished":1003,"pack":{"id":"x","hash":"a"}';
  const claims = [
    `{${facts},"x":"\\u0000"}`,
    `{${facts},"x":"\\ud800"}`,
    `{${facts},"x":1e999999}`,
    `{${facts},"started":1e-999}`,
  ];
  for (const [i, text] of claims.entries()) {
    const [device] = await due(rollout);
    await database.query(
      `insert into reports (archived_on, device, seq, jti, decision, archived_at, token)
        values ((now() at time zone 'utc')::date, $1, $2::bigint, 'x', 'match', now() - interval '1 hour', $3)`,
      [device, 1_000_000 + i, `e30.${Buffer.from(text).toString("base64url")}.c2ln`],
    );
  }
  const { slow } = (await readFigures(database, await fresh(rollout))).verifications;
  t.equal(slow.stage.before.of, 3, "what can be read is counted");
});

t.test("three good stages go through, each after its time and its verifications", async (t) => {
  const rollout = await begin();
  const devices = (await listRolloutCameras(database, rollout.id, { after: "", limit: 100, due: false })).map(
    ({ device }) => device,
  );
  for (const device of devices) {
    await archive(device, 36, "match", { hours: 1 });
    await archive(device, 4, "inconclusive", { hours: 1, reason: "no_face" });
  }
  for (const stage of [1, 2, 3]) {
    await finish(rollout);
    t.match(await fresh(rollout), { state: "running", stage });
    await advance(database, await fresh(rollout));
    t.match(await fresh(rollout), { stage }, "not before its time");
    await age(24);
    t.match((await judgeRollout(database, await fresh(rollout))).verdict, { kind: "wait", for: "verifications" });
    for (const device of devices) {
      await archive(device, 36, "match", { hash: HASH });
      await archive(device, 4, "inconclusive", { hash: HASH, reason: "no_face" });
    }
    await advance(database, await fresh(rollout));
  }
  t.match(await fresh(rollout), { state: "done" });
});

t.test("the stage's own verifications are counted: of its cameras, with the pack, since they have it", async (t) => {
  const rollout = await begin();
  const [device = ""] = await due(rollout);
  await archive(device, 30, "match", { hours: 2 });
  await archive(device, 5, "match", { hours: 30 });
  await finish(rollout);
  await age(1);
  await archive(device, 7, "match", { hash: HASH, took: 9 });
  await archive(device, 3, "inconclusive", { hash: HASH, reason: "cancelled" });
  await archive(device, 2, "no_match", { hash: HASH });
  await archive(device, 4, "match");
  await archive("counter-99", 4, "match", { hash: HASH });
  const { comparisons } = await judgeRollout(database, await fresh(rollout));
  const by = Object.fromEntries(comparisons.map((one) => [one.figure, one]));
  t.match(by["inconclusive"], { now: { bad: 0, of: 9 }, baseline: { bad: 0, of: 30 } });
  t.match(by["no_match"], { now: { bad: 2, of: 9 } });
  t.match(by["slow"], { now: { bad: 7, of: 7 }, baseline: { bad: 0, of: 30 } });
});

t.test("a worse pack is halted at the first look, and one that cameras refuse at once", async (t) => {
  const rollout = await begin();
  const devices = (await listRolloutCameras(database, rollout.id, { after: "", limit: 100, due: false })).map(
    ({ device }) => device,
  );
  for (const device of devices) await archive(device, 30, "match", { hours: 1 });
  await finish(rollout);
  const [{ device } = { device: "" }] = await listRolloutCameras(database, rollout.id, {
    ...{ after: "", limit: 100, due: false },
  }).then((all) => all.filter(({ state }) => state === "done"));
  await archive(device, 12, "inconclusive", { hash: HASH, reason: "timeout" });
  await age(6);
  await archive(device, 12, "inconclusive", { hash: HASH, reason: "timeout" });
  await advance(database, await fresh(rollout));
  t.match(await fresh(rollout), { state: "halted", why: /inconclusive/ });

  const next = await begin();
  await finish(next, { state: "failed", because: "worse_than_card" });
  await advance(database, await fresh(next));
  t.match(await fresh(next), { state: "halted", why: /refused/ });
});

t.test("a roll-back keeps the reason of the halt, and its own reason replaces it", async (t) => {
  const rollout = await begin();
  await moveRollout(database, rollout.id, "halted", "worse: slow");
  t.match(await moveRollout(database, rollout.id, "undoing", null), { why: "worse: slow" });
  await advance(database, await fresh(rollout));
  t.match(await fresh(rollout), { state: "undone", why: "worse: slow" });
  const next = await begin();
  await moveRollout(database, next.id, "halted", "worse: slow");
  t.match(await moveRollout(database, next.id, "running", null), { why: null }, "a resumed rollout has no reason");
  t.match(await moveRollout(database, next.id, "undoing", "a recall"), { why: "a recall" });
});

t.test("a rollout that is done is taken back only while no other is under way", async (t) => {
  const { id } = await begin();
  await database.query("update rollouts set state = 'done' where id = $1", [id]);
  const other = { id: randomUUID(), state: "running" };
  await database.query(
    "insert into rollouts select (jsonb_populate_record(r, $2::jsonb)).* from rollouts r where id = $1",
    [id, JSON.stringify(other)],
  );
  t.equal(await moveRollout(database, id, "undoing", null), undefined);
  await database.query("delete from rollouts where id = $1", [other.id]);
  t.match(await moveRollout(database, id, "undoing", null), { state: "undoing" });
});
