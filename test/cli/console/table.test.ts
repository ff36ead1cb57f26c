import t from "tap";
import { coloured } from "../../../cli/console/colour.ts";
import { columnWidths } from "../../../cli/console/table.ts";

t.test("a table that fits is left alone, and a wider one is wrapped at words", async (t) => {
  const rows = [
    ["check", "found"],
    ["camera", "no camera was found at any place of this machine"],
  ];
  t.equal(columnWidths(rows, 80), undefined);
  t.same(columnWidths(rows, 40), [8, 29]);
});

t.test("no word is cut, however narrow the terminal is", async (t) => {
  t.same(columnWidths([["a thumbprint", "b".repeat(43)]], 30), [12, 45]);
});

t.test("colours take no place", async (t) => {
  t.equal(columnWidths([["\u001b[31mred\u001b[0m"]], 7), undefined);
});

t.test("what is wrong is coloured on a terminal, and nowhere else", async (t) => {
  const terminal = { isTTY: true, hasColors: () => true } as typeof process.stdout;
  const out = (stdout: Partial<typeof process.stdout>, env = {}) =>
    coloured("NOT OK", "wrong", { ...process, stdout: stdout as typeof process.stdout, env });
  t.equal(out(terminal), "\u001b[31;1mNOT OK\u001b[0m");
  t.equal(out(terminal, { NO_COLOR: "1" }), "NOT OK");
  t.equal(out({ ...terminal, isTTY: false }), "NOT OK");
});
