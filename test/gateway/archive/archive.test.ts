import { randomUUID } from "node:crypto";
import t from "tap";
import type { VerifiedReport } from "../../../carrier/client.ts";
import { archiveReports } from "../../../gateway/archive/archive.ts";
import { migrate } from "../../../gateway/database/migrate.ts";
import { digest } from "../../../protocol/encoding/tokens.ts";
import type { ReportClaims } from "../../../protocol/messages/contract.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const { database } = await openTestDatabase(t);
let cameras = 0;

/** The chain of a camera: `report(seq)` is always the same report, each linked to the one before. */
function chain(start = 1_000) {
  const device = `camera-${++cameras}`;
  const made = new Map<number, VerifiedReport>();
  const report = (seq: number, change: Partial<ReportClaims> = {}): VerifiedReport => {
    const known = made.get(seq);
    if (known && Object.keys(change).length === 0) return known;
    const prev = seq === 1 ? null : digest(report(seq - 1).token);
    const claims = { iss: device, seq, rid: randomUUID(), jti: `request-${seq}`, prev, iat: start + seq, ...change };
    const one = { claims: { ...claims, decision: "match" } as ReportClaims, token: JSON.stringify(claims) };
    if (!known && Object.keys(change).length === 0) made.set(seq, one);
    return one;
  };
  const rows = (table: string, columns = "seq") =>
    database.query(`select ${columns} from ${table} where device = $1 order by 1`, [device]);
  return { device, report, rows };
}

t.test("a report is archived once, whatever batch it comes in", async (t) => {
  const { report, rows } = chain();
  t.match(await archiveReports(database, [report(1), report(2), report(1)]), { fresh: 2, contested: 0, findings: [] });
  t.match(await archiveReports(database, [report(2), report(3)]), { fresh: 1, contested: 0, findings: [] });
  t.equal((await rows("reports")).length, 3);
  t.equal((await rows("chain")).length, 3);
});

t.test("a gap is noted once, and closed by the reports that fill it", async (t) => {
  const { report, rows } = chain();
  await archiveReports(database, [report(1)]);
  await archiveReports(database, [report(5), report(9)]);
  const open = () => rows("gaps", "from_seq::int as from, to_seq::int as to, closed_at is null as open");
  t.same(await open(), [
    { from: 2, to: 4, open: true },
    { from: 6, to: 8, open: true },
  ]);
  t.match(await archiveReports(database, [report(3), report(2)]), { fresh: 2, late: 2, findings: [] });
  t.match(await archiveReports(database, [report(4)]), { fresh: 1, late: 1, findings: [] });
  t.same(
    (await open()).map(({ open: is }) => is),
    [false, true],
  );
});

t.test("a second report for a place that is taken is kept, and found once", async (t) => {
  const { device, report, rows } = chain();
  await archiveReports(database, [report(1), report(2)]);
  const other = report(2, { rid: randomUUID() });
  const found = [{ device, kind: "fork", fromSeq: 2, toSeq: 2 }];
  t.match(await archiveReports(database, [other]), { fresh: 0, contested: 1, findings: found });
  t.match(await archiveReports(database, [other]), { fresh: 0, contested: 0, findings: [] });
  t.equal((await rows("contested")).length, 1);
  t.equal((await rows("reports")).length, 2);
});

t.test("a report whose id another report has is kept beside it", async (t) => {
  const { report, rows } = chain();
  const { rid } = report(1).claims;
  await archiveReports(database, [report(1)]);
  t.match(await archiveReports(database, [report(2, { rid })]), { fresh: 0, contested: 1 });
  t.equal((await rows("contested")).length, 1);
});

t.test("a report that does not follow the one before is found, also when that comes later", async (t) => {
  const { device, report } = chain();
  const torn = report(3, { prev: digest("something else") });
  t.match(await archiveReports(database, [report(1), torn]), { fresh: 2, findings: [] });
  const found = [{ device, kind: "unlinked", fromSeq: 3 }];
  t.match(await archiveReports(database, [report(2)]), { fresh: 1, findings: found });
});

t.test("a late report that was signed after the end of the chain is a fork", async (t) => {
  const { report } = chain();
  await archiveReports(database, [report(1), report(4)]);
  const { findings } = await archiveReports(database, [report(3, { iat: 9_000 })]);
  t.same(
    findings.map(({ kind, fromSeq }) => `${kind} ${fromSeq}`),
    ["unlinked 4", "fork 3"],
  );
});

t.test(
  "several processes archive the same reports at once, in any order: one row each, and no gap stays",
  async (t) => {
    const chains = [chain(), chain(), chain()];
    const all = chains.flatMap(({ report }) => Array.from({ length: 40 }, (_, i) => report(i + 1)));
    const shuffled = () => [...all].sort(() => Math.random() - 0.5);
    const process = async (reports: readonly VerifiedReport[]) => {
      for (let i = 0; i < reports.length; i += 7) await archiveReports(database, reports.slice(i, i + 7));
    };
    await Promise.all([process(shuffled()), process(shuffled()), process(shuffled())]);
    for (const { rows } of chains) {
      t.equal((await rows("reports")).length, 40);
      t.same(
        await rows("gaps", "from_seq, closed_at").then((gaps) => gaps.filter((gap) => gap["closed_at"] === null)),
        [],
      );
      t.same(await rows("findings", "kind"), []);
    }
  },
);

t.test("migrations can be applied by several processes at once, and again", async () => {
  await Promise.all([migrate(database), migrate(database), migrate(database)]);
});
