import t from "tap";
import { due, LEAST_MS, pace } from "../../guide/pacing.ts";

const shown = { shown: "come closer", sinceMs: 1_000 };

t.test("a hint stays until it could be read", async (t) => {
  const early = pace(shown, "more light", 1_000 + LEAST_MS - 1);
  t.equal(early.shown, "come closer");
  t.same(due(early, 1_000 + LEAST_MS), { shown: "more light", sinceMs: 1_000 + LEAST_MS });
  t.equal(pace(shown, "more light", 1_000 + LEAST_MS).shown, "more light");
});

t.test("of hints that wait, the newest is shown; one that came back was never gone", async (t) => {
  const waiting = pace(pace(shown, "more light", 1_100), "hold still", 1_200);
  t.equal(due(waiting, 9_000).shown, "hold still");
  t.same(pace(waiting, "come closer", 1_300), shown);
});
