import t from "tap";
import type { VerifiedReport } from "../../carrier/answers.ts";
import { openChainTracker } from "../../carrier/chain-tracker.ts";
import { digest } from "../../protocol/encoding/tokens.ts";

/** A report that says its place only: what its signature is worth is decided elsewhere. */
function report(seq: number, prev: string | null, iss = "cam", { chain = "", iat = seq } = {}): VerifiedReport {
  const claims = { rid: `${iss}-${seq}${chain}`, iss, seq, prev, iat } as VerifiedReport["claims"];
  return { token: `${iss} ${seq}${chain}`, claims };
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

t.test("a chain that begins again is a fork, and not late", async (t) => {
  const tracker = openChainTracker();
  for (const seq of [4, 5, 6]) tracker.placeOf(follows(seq));
  const again = (seq: number, iat: number) => report(seq, null, "cam", { chain: " again", iat });
  t.same(tracker.placeOf(again(5, 5)), { kind: "fork", seq: 5 }, "a place that is taken, whatever the clock says");
  t.same(tracker.placeOf(again(1, 10_000)), { kind: "fork", seq: 1 }, "a lower place, signed after the end");
  t.same(tracker.placeOf(report(3, null)), { kind: "late" });
  t.same(tracker.placeOf(follows(7)), { kind: "next" }, "the first chain goes on");
});

t.test("a report that is forgotten is none that comes again, and another one at its place stays", async (t) => {
  const tracker = openChainTracker();
  for (const seq of [1, 2]) tracker.placeOf(follows(seq));
  tracker.forget(follows(2));
  t.same(tracker.placeOf(follows(2)), { kind: "late" });
  t.same(tracker.placeOf(follows(2)), { kind: "again" });
  tracker.forget(report(2, null, "cam", { chain: " another" }));
  t.same(tracker.placeOf(follows(2)), { kind: "again" });
  t.same(tracker.placeOf(follows(3)), { kind: "next" }, "the chain goes on after it");
});
