import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { parse } from "yaml";
import { fakePhoto, setGatewayStage, verificationRequest } from "../support/gateway.ts";
import { PROMTOOL, promtool, type Sample, startPrometheus } from "../support/prometheus.ts";
import { readText } from "../support/sources.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}

const dashboard: Dashboard = JSON.parse(readText("deploy/telemetry/dashboard.json"));
const rules: Rules = parse(readText("deploy/telemetry/gateway-rules.yaml"));

t.test("promtool accepts the rules, and they fire when they should", async (t) => {
  if (!PROMTOOL) return void t.pass("promtool is not installed (Debian: prometheus)");
  t.match(await promtool("check", "rules", "deploy/telemetry/gateway-rules.yaml"), /SUCCESS/);
  t.match(await promtool("test", "rules", "deploy/telemetry/gateway-rules.test.yaml"), /SUCCESS/);
});

/** A query whose rates would be empty, because the test has no quarter of an hour. */
const hasRate = (expression: string) => /rate\(|increase\(|matchlight:/.test(expression);

t.test("Prometheus reads a gateway, and every panel and rule finds what it asks for", async (t) => {
  const stage = await setGatewayStage(t);
  const name = "counter-1";
  const dataFolder = join(t.testdir({}), name);
  const { device } = await openSynthetic({ brokerUrl: stage.broker.url, name, carrier: stage.key, dataFolder });
  t.teardown(() => device[Symbol.asyncDispose]());
  await using prometheus = await startPrometheus(stage.gateway.url);
  if (!prometheus) return void t.pass("Prometheus is not installed (Debian: prometheus)");
  const value = async (expression: string) => Number((await prometheus.query(expression))[0]?.value[1]);
  const until = async (expression: string, wanted: number) => {
    for (let tries = 0; tries < 200 && (await value(expression)) !== wanted; tries++) await sleep(50);
    t.equal(await value(expression), wanted, expression);
  };
  await until('matchlight_fleet_cameras{state="ready"}', 1);
  const request = verificationRequest(fakePhoto());
  t.equal((await stage.ask(`/v1/cameras/${name}/verifications`, "fleet", request)).status, 202);
  await until('matchlight_verifications_total{decision="match"}', 1);
  await until('matchlight_fleet_certificates{ends="unknown"}', 1);

  const expressions = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
  ];
  t.ok(expressions.length > 20);
  for (const expression of expressions) {
    const samples: readonly Sample[] = await prometheus.query(expression);
    // Where nothing is wrong an alert, and a fault that nobody has, has no sample.
    const isQuiet = hasRate(expression) || / > |faults/.test(expression);
    t.ok(samples.length > 0 || isQuiet, expression);
  }
  // A counter without a value yet shows in its type only, a histogram's buckets in their values only.
  const page = await (await stage.ask("/metrics", "fleet")).text();
  const exported = new Set(Array.from(page.matchAll(/^(?:# TYPE )?([a-z]\w+)/gm), ([, metric]) => metric));
  const named = expressions.flatMap((expression) => expression.match(/\b(?:matchlight|process)_\w+/g) ?? []);
  for (const metric of new Set(named)) t.ok(exported.has(metric), metric);
});
