import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openPostgres } from "../../gateway/database/server.ts";
import { openResources } from "../../protocol/common/disposable-stack.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { type GatewayProcess, gatewayProcess } from "../support/brokers/gateway-process.ts";
import { startMosquittoNode } from "../support/brokers/mosquitto.ts";
import { endWithChildren } from "../support/end-with-children.ts";
import { startPostgres } from "../support/postgres.ts";
import { signingDevice } from "../support/signing-device.ts";
import { readCounts } from "../support/tool-arguments.ts";

const HELP = `npm run gateway-restarts -- [reports, 10000 if left out]

Sends the reports of 20 cameras through mosquitto to two gateways. Every 10 s one gateway is killed and started again. Needs
mosquitto and PostgreSQL. Prints JSON. Exit code 1 if the database does not have one row for each report, or a chain has a gap.
`;

const CAMERAS = 20;
const EVERY_MS = 10_000;
/** Slow enough that there are several restarts. */
const PER_SECOND = 150;

/** The chain of a camera, one report after the other, as the broker acknowledges them. */
async function report(url: URL, name: string, reports: number): Promise<void> {
  const camera = await signingDevice(name);
  const topics = topicsOf(DEFAULT_TOPICS, name);
  await using client = openMqttClient({ url, clientId: name, subscribe: [] });
  await new Promise<void>((connected) =>
    client.start({ connected: () => connected(), lost: () => undefined, message: () => undefined }),
  );
  await client.publish({ topic: topics.identity, payload: JSON.stringify(camera.identity), qos: 1, retain: true });
  let prev: string | null = null;
  const startedMs = performance.now();
  for (let seq = 1; seq <= reports; seq++) {
    const payload: string = await camera.report({ seq, prev, jti: `request-${seq}` });
    prev = digest(payload);
    await client.publish({ topic: topics.report, payload, qos: 1, retain: false });
    const dueMs = startedMs + (seq * 1000 * CAMERAS) / PER_SECOND;
    await sleep(Math.max(0, dueMs - performance.now()));
  }
}

/** Kills one gateway after the other, until it is told to end. Gives how many were killed. */
async function restart(gateways: readonly GatewayProcess[], ended: () => boolean): Promise<number> {
  let restarts = 0;
  while (!ended()) {
    await sleep(EVERY_MS);
    const gateway = gateways[restarts++ % gateways.length];
    await gateway?.kill();
    await gateway?.start();
  }
  return restarts;
}

async function run(wanted: number) {
  await using all = openResources();
  const folder = await mkdtemp(join(tmpdir(), "matchlight-restarts-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres();
  if (!postgres) throw new Error("PostgreSQL is not installed");
  all.use(postgres);
  const { nodes } = all.use(await startMosquittoNode());
  const url = nodes[0]?.url ?? new URL("mqtt://nobody");
  const gateways = ["one", "two"].map((name) =>
    gatewayProcess({
      MATCHLIGHT_BROKER_URL: url.href,
      MATCHLIGHT_DATABASE_URL: postgres.url.href,
      MATCHLIGHT_GATEWAY_DATA: folder,
      MATCHLIGHT_GATEWAY_NAME: name,
      MATCHLIGHT_GATEWAY_SHARE: "group:archive",
    }),
  );
  all.onClose(async () => void (await Promise.all(gateways.map((gateway) => gateway.kill()))));
  for (const gateway of gateways) await gateway.start();
  const each = Math.ceil(wanted / CAMERAS);
  const reports = each * CAMERAS;
  let sent = false;
  const restarts = restart(gateways, () => sent);
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: CAMERAS }, (_, i) => report(url, `camera-${i}`, each)));
  sent = true;
  const database = all.use(openPostgres(postgres.url, () => undefined));
  const count = async (what: string) => {
    const [row] = await database.query<{ readonly n: number }>(`select count(*)::int as n from ${what}`);
    return row?.n ?? 0;
  };
  const killed = await restarts;
  for (let tries = 0; tries < 600 && (await count("chain")) < reports; tries++) await sleep(100);
  return {
    reports,
    rows: await count("chain"),
    tokens: await count("reports"),
    contested: await count("contested"),
    openGaps: await count("gaps where closed_at is null"),
    /** A gap that stays for 10 s is one, as when a gateway takes so long to start; it is closed by then. */
    gapsFound: await count("findings where kind = 'gap'"),
    otherFindings: await count("findings where kind <> 'gap'"),
    restarts: killed,
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}

endWithChildren();
const result = await run(readCounts(HELP, { reports: 10_000 }).reports);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
const { reports, rows, tokens, contested, openGaps, otherFindings } = result;
process.exitCode = rows === reports && tokens === reports && contested + openGaps + otherFindings === 0 ? 0 : 1;
process.exit();
