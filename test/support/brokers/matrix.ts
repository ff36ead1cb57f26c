import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../../../gateway/database/database.ts";
import { openPostgres } from "../../../gateway/database/server.ts";
import { AUDIENCE } from "../../../gateway/http/access.ts";
import { loadCarrierKey, loadTokenKey } from "../../../gateway/settings/keys.ts";
import { openResources, type Resources } from "../../../protocol/common/disposable-stack.ts";
import { readPrivateKey, sign } from "../../../protocol/encoding/tokens.ts";
import { startPostgres, type TestPostgres } from "../postgres.ts";
import { type Counter, openCounter } from "./counters.ts";
import { mountSmallDisk, type SmallDisk } from "./disk.ts";
import { type GatewayProcess, gatewayProcess } from "./gateway-process.ts";
import type { BrokerCluster } from "./node.ts";

export interface MatrixOptions {
  /** What the two gateways take: a group where the broker has shared subscriptions, otherwise a part each. */
  readonly shares: readonly [string, string];
  readonly receipts: boolean;
  readonly reports: number;
  readonly say: (line: string) => void;
}

/** What is left when all was killed and came back. */
export interface MatrixResult {
  readonly broker: string;
  readonly receipts: boolean;
  readonly reports: number;
  readonly rows: number;
  readonly doubles: number;
  readonly wholeChains: number;
  readonly openGaps: number;
  readonly findings: number;
  readonly unsent: number;
  readonly unanswered: number;
  readonly diskFull: "done" | "not run: no file system may be mounted";
  readonly settledMs: number;
}

const COUNTERS = 4;
const SETTLED_WITHIN_MS = 180_000;

interface Stage {
  readonly cluster: BrokerCluster;
  readonly postgres: TestPostgres;
  readonly disk: SmallDisk | undefined;
  readonly gateways: readonly GatewayProcess[];
  readonly counters: readonly Counter[];
  readonly database: Database;
}

/** Verifications all the time, while node by node, the gateways and PostgreSQL are killed and its disk is full. */
export async function runMatrix(cluster: BrokerCluster, options: MatrixOptions): Promise<MatrixResult | undefined> {
  await using all = openResources();
  const stage = await setStage(all, cluster, options);
  if (!stage) return undefined;
  const { counters, disk } = stage;
  let over = false;
  const reports = () => counters.reduce((sum, counter) => sum + counter.reports(), 0);
  const asked = counters.map((counter) => counter.askOn(() => over && reports() >= options.reports));
  await disturb(stage, options.say);
  over = true;
  const unanswered = (await Promise.all(asked)).reduce((a, b) => a + b);
  options.say(`${reports()} reports on cameras`);
  const settledMs = await settle(stage, reports());
  const diskFull = disk ? "done" : "not run: no file system may be mounted";
  const counted = await countArchive(stage.database);
  const unsent = counters.reduce((sum, counter) => sum + counter.unsent(), 0);
  const { receipts } = options;
  return { broker: cluster.kind, receipts, reports: reports(), ...counted, unsent, unanswered, diskFull, settledMs };
}

async function setStage(
  all: Resources,
  cluster: BrokerCluster,
  { shares, receipts }: MatrixOptions,
): Promise<Stage | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-matrix-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const disk = await mountSmallDisk(300);
  if (disk) all.use(disk);
  const small = ["-c", "max_wal_size=64MB", "-c", "min_wal_size=32MB"];
  const postgres = await startPostgres(disk?.folder, small);
  if (!postgres) return undefined;
  all.use(postgres);
  const [first, ...also] = cluster.nodes.map(({ url }) => url.href);
  const environment = {
    MATCHLIGHT_BROKER_URL: first ?? "",
    MATCHLIGHT_BROKER_ALSO: also.join(" ") || "none",
    MATCHLIGHT_DATABASE_URL: postgres.url.href,
    MATCHLIGHT_GATEWAY_DATA: folder,
    MATCHLIGHT_GATEWAY_RATE: "1000",
    MATCHLIGHT_GATEWAY_RECEIPTS: receipts ? "on" : "off",
    MATCHLIGHT_LOG_LEVEL: "info",
  };
  const gateways = shares.map((share, i) =>
    gatewayProcess({ ...environment, MATCHLIGHT_GATEWAY_NAME: `gateway-${i}`, MATCHLIGHT_GATEWAY_SHARE: share }),
  );
  all.onClose(async () => void (await Promise.all(gateways.map((gateway) => gateway.kill()))));
  for (const gateway of gateways) await gateway.start();
  const database = all.use(openPostgres(postgres.url, () => undefined));
  const carrier = await loadCarrierKey({ key: undefined, dataFolder: folder });
  const token = await fleetToken(folder);
  const urls = cluster.nodes.map(({ url }) => url);
  const counters: Counter[] = [];
  for (let i = 0; i < COUNTERS; i++)
    counters.push(all.use(await openCounter({ urls, name: `counter-${i}`, carrier, folder, gateways, token })));
  return { cluster, postgres, disk, gateways, counters, database };
}

async function fleetToken(dataFolder: string): Promise<string> {
  const key = await readPrivateKey(await loadTokenKey({ dataFolder }), "signing");
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  return sign({ sub: "matrix", aud: AUDIENCE, scope: "fleet", exp }, "JWT", key);
}

/** Everything that is killed is away for a few seconds, while counters go on asking as far as they can. */
async function disturb({ cluster, postgres, disk, gateways }: Stage, say: (line: string) => void): Promise<void> {
  await sleep(5_000);
  for (const [i, node] of cluster.nodes.entries()) {
    say(`node ${i} is killed`);
    await node.kill();
    await sleep(5_000);
    await node.start();
    await sleep(5_000);
  }
  for (const [i, gateway] of gateways.entries()) {
    say(`gateway ${i} is killed`);
    await gateway.kill();
    await sleep(4_000);
    await gateway.start();
    await sleep(2_000);
  }
  say("PostgreSQL is killed");
  await postgres.kill();
  await sleep(4_000);
  await postgres.start();
  await sleep(4_000);
  if (!disk) return;
  say("PostgreSQL's disk is full");
  await disk.fill();
  await sleep(8_000);
  await disk.free();
  say(`PostgreSQL has space again, and ${postgres.isRunning() ? "runs" : "has ended"}`);
  if (!postgres.isRunning()) await postgres.start();
  await sleep(4_000);
}

/** Waits until the archive has all and no camera waits for anything. Gives how long it took. */
async function settle({ counters, database }: Stage, reports: number): Promise<number> {
  const startedMs = performance.now();
  const left = () => counters.reduce((sum, counter) => sum + counter.unsent(), 0);
  while (performance.now() - startedMs < SETTLED_WITHIN_MS) {
    const { rows, openGaps } = await countArchive(database);
    if (rows >= reports && openGaps === 0 && left() === 0) break;
    await sleep(250);
  }
  return Math.round(performance.now() - startedMs);
}

async function countArchive(database: Database) {
  const one = async (statement: string) => {
    const [row] = await database.query<{ readonly n: number }>(`select (${statement})::int as n`);
    return row?.n ?? 0;
  };
  const rows = await one("select count(*) from chain");
  return {
    rows,
    doubles: (await one("select count(*) from reports")) - rows + (await one("select count(*) from contested")),
    wholeChains: await one(`select count(*) from (
      select device from (
        select device, seq, prev, lag(digest) over (partition by device order by seq) as before from chain) links
      group by device
      having min(seq) = 1 and count(*) = max(seq) and bool_and(prev is not distinct from before)) whole`),
    openGaps: await one("select count(*) from gaps where closed_at is null"),
    findings: await one("select count(*) from findings"),
  };
}
