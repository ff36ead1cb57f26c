import t from "tap";
import { parse } from "yaml";
import { METRIC_NAMES } from "../../protocol/messages/metrics.ts";
import { readText, tableRows } from "../support/sources.ts";
import { bridgeConfiguration, promName } from "../support/telemetry.ts";

const written = readText("deploy/telemetry/mqtt2prometheus.yaml");

t.test("the bridge's configuration is what the code says; `npm run contract` writes it", async (t) => {
  t.equal(written, bridgeConfiguration());
});

t.test("every documented metric goes to Prometheus, and none that is not documented", async (t) => {
  const metrics = tableRows(readText("docs/HEALTH.md").split("## Metrics")[1] ?? "").slice(1);
  const documented = metrics.map(([name = ""]) => name.replaceAll("`", ""));
  const bridged = parse(written).metrics.map(({ mqtt_name }: { readonly mqtt_name: string }) => mqtt_name);
  t.same(bridged, ["state", ...documented.map((name) => `metrics.${name}`)]);
});

t.test("alerts speak of metrics that there are", async (t) => {
  const known = new Set(["matchlight_health_state", ...METRIC_NAMES.map(promName)]);
  const named = readText("deploy/telemetry/alerts.yaml").match(/matchlight_[a-z_]+/g) ?? [];
  t.ok(named.length >= 4);
  for (const name of named) t.ok(known.has(name), name);
});
