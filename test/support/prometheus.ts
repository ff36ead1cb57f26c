import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./broker.ts";

const PROGRAM = "/usr/bin/prometheus";
export const PROMTOOL = existsSync("/usr/bin/promtool") ? "/usr/bin/promtool" : undefined;

/** Runs promtool; resolves with what it wrote. Rejects if it finds a mistake. */
export async function promtool(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)("/usr/bin/promtool", [...args]);
  return stdout + stderr;
}

/** A value of an instant query, with its labels. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** The values of a query over a range, with their labels. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** Debian's Prometheus, which reads its targets again and again. */
export interface TestPrometheus extends AsyncDisposable {
  /** Throws where Prometheus does not understand the query. */
  query(expression: string): Promise<readonly Sample[]>;
  /** The same at each step of a range; times are seconds since 1970. */
  queryRange(
    expression: string,
    range: { readonly from: number; readonly to: number; readonly step: number },
  ): Promise<readonly Series[]>;
}

/** Undefined where it is not installed. */
export async function startPrometheus(targets: readonly URL[], everyMs = 2_000): Promise<TestPrometheus | undefined> {
  if (!existsSync(PROGRAM)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "matchlight-prometheus-"));
  const config = {
    global: { scrape_interval: `${everyMs}ms`, scrape_timeout: `${everyMs}ms` },
    scrape_configs: [{ job_name: "gateway", static_configs: [{ targets: targets.map(({ host }) => host) }] }],
  };
  // JSON is YAML.
  await writeFile(join(folder, "prometheus.yml"), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    PROGRAM,
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=${address}`,
    ],
    { stdio: "ignore" },
  );
  const get = async (path: string) => fetch(`http://${address}${path}`);
  for (let tries = 0; tries < 1_200; tries++) {
    if (
      await get("/-/ready").then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    await sleep(50);
  }
  const ask = async (path: string, query: string, more: object = {}) => {
    const answer = await get(`/api/v1/${path}?${new URLSearchParams({ query, ...more })}`);
    const { status, error, data } = await answer.json();
    if (status !== "success") throw new Error(`${query}: ${error}`);
    return data.result;
  };
  return {
    query: (expression) => ask("query", expression),
    queryRange: (expression, { from, to, step }) =>
      ask("query_range", expression, { start: String(from), end: String(to), step: String(step) }),
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
