import t from "tap";
import { fuzzCarrier } from "../support/fuzz-carrier.ts";

t.test("spoilt messages end no carrier, and none of them is taken for a report", async (t) => {
  const seed = Date.now() % 1_000_000;
  const { outcomes, untyped, slowestMs } = await fuzzCarrier(2_000, seed);
  t.comment(`seed ${seed}: ${JSON.stringify(outcomes)}, slowest ${Math.round(slowestMs)} ms`);
  t.same(untyped, []);
  t.ok(slowestMs < 2_000);
  for (const outcome of ["forged", "unattributed"]) t.ok(outcomes[outcome], outcome);
});
