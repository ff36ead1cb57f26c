import type { Series, TestPrometheus } from "../prometheus.ts";
import { readText } from "../sources.ts";

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

/** A colour from a value on. */
interface Step {
  readonly color: string;
  readonly value: number | null;
}

interface Override {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: { readonly fixedColor?: string } }[];
}

/** So much of a panel of Grafana as a picture of it needs. */
export interface Panel {
  readonly title: string;
  readonly type: "stat" | "bargauge" | "timeseries";
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: {
    readonly defaults: { readonly unit: string; readonly thresholds?: { readonly steps: readonly Step[] } };
    readonly overrides: readonly Override[];
  };
  readonly targets: readonly Target[];
}

export interface Dashboard {
  readonly panels: readonly Panel[];
}

export function readDashboard(): Dashboard {
  return JSON.parse(readText("deploy/telemetry/dashboard.json"));
}

/** Seconds since 1970. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface NamedSeries {
  readonly name: string;
  readonly values: readonly (readonly [number, number])[];
}

/** A panel, and what Prometheus answered to its queries. */
export interface FilledPanel {
  readonly panel: Panel;
  readonly series: readonly NamedSeries[];
}

/** Asks Prometheus all that a dashboard asks, over a range. */
export async function fillPanels(
  { panels }: Dashboard,
  prometheus: Pick<TestPrometheus, "queryRange">,
  range: Range & { readonly step: number },
): Promise<readonly FilledPanel[]> {
  const fill = async (panel: Panel): Promise<FilledPanel> => {
    const answers = await Promise.all(
      panel.targets.map(async ({ expr, legendFormat }) =>
        (await prometheus.queryRange(expr, range)).map((series) => named(series, legendFormat)),
      ),
    );
    return { panel, series: answers.flat() };
  };
  return Promise.all(panels.map(fill));
}

/** Grafana's legend: `{{state}}` is the value of that label. Pure. */
function named({ metric, values }: Series, legend: string): NamedSeries {
  const name = legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? "");
  return { name, values: values.map(([at, text]) => [at, Number(text)] as const) };
}
