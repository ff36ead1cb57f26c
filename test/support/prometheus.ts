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

/** Debian's Prometheus, which reads one target twice a second. */
export interface TestPrometheus extends AsyncDisposable {
  /** Throws where Prometheus does not understand the query. */
  query(expression: string): Promise<readonly Sample[]>;
}

/** Undefined where it is not installed. */
export async function startPrometheus(target: URL): Promise<TestPrometheus | undefined> {
  if (!existsSync(PROGRAM)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "matchlight-prometheus-"));
  const config = {
    global: { scrape_interval: "500ms", scrape_timeout: "500ms" },
    scrape_configs: [{ job_name: "gateway", static_configs: [{ targets: [target.host] }] }],
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
  for (let tries = 0; tries < 200; tries++) {
    if (
      await get("/-/ready").then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    await sleep(50);
  }
  return {
    async query(expression) {
      const answer = await get(`/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { status, error, data } = await answer.json();
      if (status !== "success") throw new Error(`${expression}: ${error}`);
      return data.result;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
