import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { Database, Queries } from "../../../gateway/database/database.ts";
import { keepPartitions, makePartitions, monthAfter } from "../../../gateway/database/partitions.ts";
import { openTestDatabase } from "../../support/test-database.ts";

t.test("months follow each other over the end of a year", async (t) => {
  t.equal(monthAfter(new Date("2026-11-30T23:00:00Z"), 0), "2026-11-01");
  t.equal(monthAfter(new Date("2026-11-30T23:00:00Z"), 2), "2027-01-01");
});

t.test("a process that runs for months makes the next partitions, also after a failure", async (t) => {
  const made: string[] = [];
  const failures: unknown[] = [];
  const session = {
    query: async () => [],
    run: async (script: string) => {
      if (failures.length === 0) throw new Error("away");
      made.push(script);
    },
  } as unknown as Queries;
  const database = { session: async (work: (queries: Queries) => unknown) => work(session) } as unknown as Database;
  {
    await using _keeper = keepPartitions(database, (error) => void failures.push(error), 5);
    for (let tries = 0; tries < 200 && made.length < 3; tries++) await sleep(5);
  }
  t.equal(failures.length, 1);
  t.ok(made.length >= 3, "this month and the next two");
  t.match(made[0], /create table if not exists reports_\d{4}_\d{2} partition of reports/);
});

t.test("several processes may make the same partitions at the same moment", async (t) => {
  const { database } = await openTestDatabase(t);
  for (let round = 0; round < 5; round++) {
    const future = new Date(Date.UTC(2100 + round, 0));
    await t.resolves(Promise.all(Array.from({ length: 6 }, () => makePartitions(database, future))));
  }
});
