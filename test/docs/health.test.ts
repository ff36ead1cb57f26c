import t from "tap";
import { AILMENTS } from "../../device/status/health-rules.ts";
import { HEALTH_STATES, METRICS } from "../../protocol/metrics.ts";
import { readText, tableRows } from "../support/sources.ts";

const page = readText("docs/HEALTH.md");
const unquoted = (cell = "") => cell.replaceAll("`", "");
const after = (heading: string) => tableRows(page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "").slice(1);

t.test("docs/HEALTH.md has each code with its state, meaning and remedy", async (t) => {
  const wanted = Object.entries(AILMENTS).map(([code, { state, restart, meaning, remedy }]) => [
    ...[code, state, restart ? "ends" : "stays up", meaning, remedy],
  ]);
  t.same(
    after("Codes").map(([code, ...rest]) => [unquoted(code), ...rest]),
    wanted,
  );
});

t.test("docs/HEALTH.md has each metric with its kind and sentence", async (t) => {
  const wanted = Object.entries(METRICS).map(([name, { kind, sentence }]) => [name, kind, sentence]);
  t.same(
    after("Metrics").map(([name, ...rest]) => [unquoted(name), ...rest]),
    wanted,
  );
});

t.test("metrics are named by their base units, counters by their total", async (t) => {
  for (const [name, { kind, sentence }] of Object.entries(METRICS)) {
    t.equal(kind === "counter", name.endsWith("Total"), name);
    t.equal(/^Whether /.test(sentence), !/(Seconds|Bytes|Celsius|Total|Reports)$/.test(name), `${name}: ${sentence}`);
  }
  for (const state of HEALTH_STATES) t.match(page, state);
});
