import { randomUUID } from "node:crypto";
import t from "tap";
import { archiveReports } from "../../../gateway/archive/archive.ts";
import { claimMissing, GAPS_AT_ONCE, TRIES } from "../../../gateway/archive/gaps.ts";
import type { ReportClaims } from "../../../protocol/messages/contract.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const { database } = await openTestDatabase(t);
const MOST = 100;

/** Archives reports with these numbers, and makes their gaps old enough to be asked for. */
async function archive(device: string, ...seqs: readonly number[]): Promise<void> {
  const reports = seqs.map((seq) => {
    const claims = { iss: device, seq, rid: randomUUID(), jti: `request-${seq}`, prev: null, iat: 1_000 };
    return { claims: { ...claims, decision: "match" } as unknown as ReportClaims, token: JSON.stringify(claims) };
  });
  await archiveReports(database, reports);
  await database.query("insert into cameras (device, identity) values ($1, '{}') on conflict do nothing", [device]);
  await database.query("update gaps set found_at = now() - interval '1 minute', asked_at = null");
}

t.test("a gap is asked for from the first report that is missing", async (t) => {
  await archive("camera-1", 1, 6);
  t.same(await claimMissing(database, MOST), [{ device: "camera-1", from: 2, to: 5 }]);
  await archive("camera-1", 2, 3, 5);
  t.same(await claimMissing(database, MOST), [{ device: "camera-1", from: 4, to: 5 }]);
  await archive("camera-1", 4);
  t.same(await claimMissing(database, MOST), []);
});

t.test("a camera that jumps as far as a number can costs the database nothing", async (t) => {
  await archive("camera-2", Number.MAX_SAFE_INTEGER);
  await database.session(async (queries) => {
    await queries.run("set statement_timeout = 5000");
    t.same(await claimMissing(queries, MOST), [{ device: "camera-2", from: 1, to: MOST }]);
  });
});

/** Makes the next attempt due, however long its wait is. */
const letTimePass = () => database.query("update gaps set asked_at = asked_at - interval '1 day'");

t.test("a large gap is asked for as long as its reports come, and given up when none comes", async (t) => {
  await database.query("delete from gaps");
  const last = TRIES + 3;
  await archive("camera-3", last + 1);
  for (let seq = 1; seq <= TRIES + 1; seq++) {
    await letTimePass();
    t.same(await claimMissing(database, 1), [{ device: "camera-3", from: seq, to: seq }]);
    await archive("camera-3", seq);
  }
  for (let tried = 0; tried < TRIES; tried++) {
    await letTimePass();
    t.equal((await claimMissing(database, 1)).length, 1, `attempt ${tried + 1}`);
  }
  await letTimePass();
  t.same(await claimMissing(database, 1), [], "the camera does not have it");
});

t.test("a camera with many gaps delays no other", async (t) => {
  await database.query("delete from gaps");
  await archive("camera-4", ...Array.from({ length: 2 * GAPS_AT_ONCE }, (_, i) => 2 * i + 2));
  await archive("camera-5", 2);
  await database.query("update gaps set asked_at = now() - interval '1 day', tries = 1 where device = 'camera-5'");
  const claimed = (await claimMissing(database, MOST)).map(({ device }) => device);
  t.equal(claimed.length, GAPS_AT_ONCE);
  t.equal(claimed.filter((device) => device === "camera-5").length, 1);
});
