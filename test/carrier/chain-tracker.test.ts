import t from "tap";
import type { VerifiedReport } from "../../carrier/answers.ts";
import { openChainTracker } from "../../carrier/chain-tracker.ts";
import { digest } from "../../protocol/tokens.ts";

/** A report that says its place only: what its signature is worth is decided elsewhere. */
function report(seq: number, prev: string | null, iss = "cam"): VerifiedReport {
  return { token: `${iss} ${seq}`, claims: { rid: `${iss}-${seq}`, iss, seq, prev } as VerifiedReport["claims"] };
}

const follows = (seq: number) => report(seq, digest(`cam ${seq - 1}`));

t.test("a chain is followed, gaps and breaks are named, repeats are known", async (t) => {
  const order = openChainTracker();
  const places = [follows(5), follows(6), follows(6), follows(9), follows(7), report(10, "another")].map((one) =>
    order.placeOf(one),
  );
  t.same(places, [
    { kind: "next" },
    { kind: "next" },
    { kind: "again" },
    { kind: "gap", fromSeq: 7, toSeq: 8 },
    { kind: "late" },
    { kind: "broken", seq: 10 },
  ]);
});

t.test("each device has its own chain", async (t) => {
  const order = openChainTracker();
  order.placeOf(report(1, null, "one"));
  t.same(order.placeOf(report(7, null, "two")), { kind: "next" });
});
