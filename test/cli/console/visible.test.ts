import t from "tap";
import { oneLine, visible } from "../../../cli/console/visible.ts";
import { rowOf } from "../../../cli/fleet/fleet-row.ts";

t.test("nothing that is printed is obeyed by a terminal", (t) => {
  // A title, a screen that is cleared, the same with one byte of C1, hidden words, a line that is written over, and turned writing.
  const hostile = [
    "\u001b]0;title\u0007",
    "\u001b[2J",
    "\u009b2J",
    "\u001b[8m",
    "ready\rfaulty",
    "\u202egnp",
    "\0\u007f",
  ];
  for (const text of hostile) t.notMatch(visible(text), /[\p{Cc}\u202e]/u, JSON.stringify(text));
  t.equal(visible("\u001b[2J"), "\\u001b[2J", "it is shown");
  t.equal(
    visible("\u001b[31;1mNOT OK\u001b[0m\n\tmüde 中文"),
    "\u001b[31;1mNOT OK\u001b[0m\n\tmüde 中文",
    "our colours stay",
  );
  const json = JSON.stringify({ because: "\u009b2J\u202e\u001b" });
  t.same(JSON.parse(visible(json)), JSON.parse(json), "JSON says the same");
  t.end();
});

t.test("one camera cannot write lines into a list, or spread it", (t) => {
  t.equal(oneLine("refused\nRegistered counter-1"), "refused Registered counter-1");
  const faults = ["x".repeat(10_000), "\nready"];
  const { state } = rowOf("counter-1", { status: { v: 1, device: "counter-1", state: "faulty", faults } });
  t.ok(state.length < 200 && !state.includes("\n"));
  t.end();
});
