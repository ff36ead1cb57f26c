import { randomUUID } from "node:crypto";
import t from "tap";
import { archiveReports } from "../../../gateway/archive/archive.ts";
import { claimMissing } from "../../../gateway/archive/gaps.ts";
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
