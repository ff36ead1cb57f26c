import t from "tap";
import { HEALTH_STATES, METRICS } from "../../protocol/messages/metrics.ts";
import { readText } from "../support/sources.ts";

t.test("metrics are named by their base units, counters by their total", async (t) => {
  for (const [name, { kind, sentence }] of Object.entries(METRICS)) {
    t.equal(kind === "counter", name.endsWith("Total"), name);
    t.equal(
      /^Whether /.test(sentence),
      !/(Seconds|Bytes|Celsius|Degrees|Total|Reports|SecondsLeft)$/.test(name),
      `${name}: ${sentence}`,
    );
  }
  for (const state of HEALTH_STATES) t.match(readText("docs/HEALTH.md"), state);
});
