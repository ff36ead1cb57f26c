import t from "tap";
import { fuzz } from "../support/fuzz.ts";

t.test("spoilt messages are refused by name, each of them", async (t) => {
  const seed = Date.now() % 1_000_000;
  const { untyped, outcomes, messages } = await fuzz(500, seed);
  t.comment(`seed ${seed}: ${JSON.stringify(outcomes)}; npm run fuzz reads 100,000`);
  t.same(untyped, []);
  t.equal(
    Object.values(outcomes).reduce((sum, count) => sum + count, 0),
    messages,
  );
  for (const code of ["malformed", "cannot_open", "bad_signature", "invalid_claims"]) t.ok(outcomes[code], code);
});
