import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { parse } from "yaml";
import { drawDashboard } from "../support/dashboard/draw.ts";
import { fillPanels, readDashboard } from "../support/dashboard/panels.ts";
import { fakePhoto, setGatewayStage, verificationRequest } from "../support/gateway.ts";
import { PROMTOOL, promtool, type Sample, startPrometheus } from "../support/prometheus.ts";
import { readText } from "../support/sources.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

interface Rule {
  readonly expr: string;
  readonly alert?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly object[] }[];
  }[];
}

const dashboard = readDashboard();
const rulesOf = (file: string): readonly Rule[] =>
  parse(readText(file)).groups.flatMap(({ rules }: { readonly rules: readonly Rule[] }) => rules);
const rules = rulesOf("deploy/telemetry/gateway-rules.yaml");
const FILES = ["deploy/telemetry/gateway-rules", "deploy/telemetry/alerts"] as const;

t.test("promtool accepts the rules, and they fire when they should", async (t) => {
  if (!PROMTOOL) return void t.pass("promtool is not installed (Debian: prometheus)");
  for (const file of FILES) {
    t.match(await promtool("check", "rules", `${file}.yaml`), /SUCCESS/);
    t.match(await promtool("test", "rules", `${file}.test.yaml`), /SUCCESS/);
  }
});

t.test(
  "each alert is tested where it fires and where it does not, says what to do, and names its place in the runbook",
  async (t) => {
    const places = anchorsOf(readText("deploy/README.md"));
    for (const file of FILES) {
      const { tests }: RuleTests = parse(readText(`${file}.test.yaml`));
      const tested = tests.flatMap((one) => one.alert_rule_test);
      for (const { alert, annotations = {} } of rulesOf(`${file}.yaml`)) {
        if (alert === undefined) continue;
        const mine = tested.filter(({ alertname }) => alertname === alert);
        t.ok(
          mine.some(({ exp_alerts }) => exp_alerts.length > 0),
          `${alert} fires in a test`,
        );
        t.ok(
          mine.some(({ exp_alerts }) => exp_alerts.length === 0),
          `${alert} does not fire in a test`,
        );
        t.ok(annotations["remedy"], `${alert} says what to do`);
        const [page, place = ""] = annotations["runbook"]?.split("#") ?? [];
        t.equal(page, "deploy/README.md", alert);
        t.ok(places.has(place), `${alert}: ${place}`);
      }
    }
  },
);

/** Where links into a page can lead: its headings, as GitHub makes anchors of them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = Array.from(page.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => heading);
  return new Set(
    headings.map((one) =>
      one
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** A query whose rates would be empty, because the test has no quarter of an hour. */
const hasRate = (expression: string) => /rate\(|increase\(|matchlight:/.test(expression);

t.test("Prometheus reads a gateway, and every panel and rule finds what it asks for", async (t) => {
  const stage = await setGatewayStage(t);
  const name = "counter-1";
  const dataFolder = join(t.testdir({}), name);
  const { device } = await openSynthetic({ brokerUrl: stage.broker.url, name, carrier: stage.key, dataFolder });
  t.teardown(() => device[Symbol.asyncDispose]());
  await using prometheus = await startPrometheus([stage.gateway.url]);
  if (!prometheus) return void t.pass("Prometheus is not installed (Debian: prometheus)");
  const value = async (expression: string) => Number((await prometheus.query(expression))[0]?.value[1]);
  const until = async (expression: string, wanted: number) => {
    for (let tries = 0; tries < 1_200 && (await value(expression)) !== wanted; tries++) await sleep(50);
    t.equal(await value(expression), wanted, expression);
  };
  await until('matchlight_fleet_cameras{state="ready"}', 1);
  const request = verificationRequest(fakePhoto());
  t.equal((await stage.ask(`/v1/cameras/${name}/verifications`, "fleet", request)).status, 202);
  await until('matchlight_verifications_total{decision="match"}', 1);
  await until('matchlight_fleet_certificates{ends="unknown"}', 1);

  const expressions = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...rules.map(({ expr }) => expr),
  ];
  t.ok(expressions.length > 20);
  for (const expression of expressions) {
    const samples: readonly Sample[] = await prometheus.query(expression);
    // Where nothing is wrong an alert, and a fault that nobody has, has no sample.
    const isQuiet = hasRate(expression) || / > |faults/.test(expression);
    t.ok(samples.length > 0 || isQuiet, expression);
  }
  const first = await prometheus.query('{kind="fork"} or {code="expired"} or {outcome="contested"}');
  t.same(
    first.map(({ value: [, text] }) => text),
    ["0", "0", "0"],
    "what has never happened is 0, so that its first time is an increase",
  );
  // A counter without a value yet shows in its type only, a histogram's buckets in their values only.
  const page = await (await stage.ask("/metrics", "fleet")).text();
  const exported = new Set(Array.from(page.matchAll(/^(?:# TYPE )?([a-z]\w+)/gm), ([, metric]) => metric));
  const named = expressions.flatMap((expression) => expression.match(/\b(?:matchlight|process)_\w+/g) ?? []);
  for (const metric of new Set(named)) t.ok(exported.has(metric), metric);

  const to = Date.now() / 1_000;
  const filled = await fillPanels(dashboard, prometheus, { from: to - 10, to, step: 1 });
  const story = { from: to - 10, to, about: [], happenings: [{ at: to - 1, words: "Somebody was verified" }] };
  const picture = drawDashboard("The fleet", filled, story);
  for (const words of [...dashboard.panels.map(({ title }) => title), "ready", "unknown", "Somebody was verified"])
    t.ok(picture.includes(`>${words}<`), `the picture shows: ${words}`);
  t.notMatch(picture, /NaN|undefined|Infinity/);
});
