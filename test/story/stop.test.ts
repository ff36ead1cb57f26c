import t from "tap";
import { killRounds } from "../support/kill.ts";

const ROUNDS = 8;
const STOP_WITHIN_MS = 5_000;

t.test("a device that is told to stop at any moment is gone within 5 s, dark, and has lost nothing", async (t) => {
  const seed = Date.now() % 1_000_000;
  const result = await killRounds(ROUNDS, seed, undefined, "SIGTERM");
  t.comment(`seed ${seed}: ${JSON.stringify(result)}; npm run kill-test -- 50 --stop does more`);
  t.ok(result.accepted > 0, `${result.accepted} requests were accepted`);
  t.ok(result.slowestEndMs < STOP_WITHIN_MS, `the slowest took ${result.slowestEndMs} ms`);
  t.same(result.badEnds, []);
  t.equal(result.withoutReport + result.withTwoReports, 0);
  t.equal(result.distinct, result.sent);
  t.same(result.chain, []);
});
