import t from "tap";
import { killRounds } from "../support/kill.ts";
import { killStarts } from "../support/kill-starts.ts";

const ROUNDS = 8;

t.test("a device that is killed again and again answers every request with exactly one report", async (t) => {
  const seed = Date.now() % 1_000_000;
  const result = await killRounds(ROUNDS, seed);
  t.comment(`seed ${seed}: ${JSON.stringify(result)}; npm run kill-test does 200 rounds`);
  t.ok(result.accepted > 0, `${result.accepted} requests were accepted`);
  t.equal(result.withoutReport, 0);
  t.equal(result.withTwoReports, 0);
  t.equal(result.distinct, result.sent);
  t.same(result.chain, []);
});

t.test("a start that is killed at any moment leaves nothing to be repaired", async (t) => {
  const seed = Date.now() % 1_000_000;
  const { killedAfter, repairs } = await killStarts(5, seed);
  t.comment(`seed ${seed}: ${JSON.stringify(killedAfter)}; npm run kill-test -- --starts 50 does more`);
  t.same(repairs, []);
});
