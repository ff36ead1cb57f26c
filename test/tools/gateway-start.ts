import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrate } from "../../gateway/database/migrate.ts";
import { openPostgres } from "../../gateway/database/server.ts";
import { openResources } from "../../protocol/common/disposable-stack.ts";
import { sign } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, type Identity, TYPES, topicsOf } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { gatewayProcess } from "../support/brokers/gateway-process.ts";
import { startMosquittoNode } from "../support/brokers/mosquitto.ts";
import { cpuMsOf } from "../support/cpu-time.ts";
import { endWithChildren } from "../support/end-with-children.ts";
import { startPostgres } from "../support/postgres.ts";
import { type SigningDevice, signingDevice } from "../support/signing-device.ts";
import { readCounts } from "../support/tool-arguments.ts";

const HELP = `npm run gateway-start -- [cameras, 50000 if left out]

Starts a gateway for many registered cameras. Mosquitto has the identity, status and health of each as retained messages, and
the database lacks the identity of every hundredth. Needs mosquitto and PostgreSQL. Prints JSON: the time until the gateway is
ready, the time until it has read all retained messages, and its largest memory. Exit code 1 if it is ready after 10 s or later,
needs 300 MB or more, or leaves an identity unread.
`;

const AT_ONCE = 64;
const READ_WITHIN_MS = 600_000;

/** The identity of a camera; all share one pair of keys, which makes no difference to who reads them. */
async function identityOf({ identity, signing, sealing }: SigningDevice, device: string): Promise<Identity> {
  const claims = { v: 1, iss: device, iat: Math.floor(Date.now() / 1000), sealing: sealing.public.kid, retired: [] };
  return { ...identity, device, proof: await sign(claims, TYPES.identity, signing) };
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

function healthOf(device: string): Health {
  const state = { state: "healthy", codes: [], atMs: 1_000, software: "0", metrics: { uptimeSeconds: 1 } } as const;
  return { v: 1, device, ...state, codes: [] };
}

/** Publishes what cameras leave at a broker. */
async function announce(url: URL, identities: readonly Identity[]): Promise<void> {
  await using client = openMqttClient({ url, clientId: "announcing", subscribe: [] });
  await new Promise<void>((connected) =>
    client.start({ connected: () => connected(), lost: () => undefined, message: () => undefined }),
  );
  await inParallel(identities, async (identity) => {
    const topics = topicsOf(DEFAULT_TOPICS, identity.device);
    const status = { v: 1, device: identity.device, state: "ready", faults: [] };
    await client.publish({ topic: topics.identity, payload: JSON.stringify(identity), qos: 1, retain: true });
    const health = JSON.stringify(healthOf(identity.device));
    await client.publish({ topic: topics.health, payload: health, qos: 1, retain: true });
    await client.publish({ topic: topics.status, payload: JSON.stringify(status), qos: 1, retain: true });
  });
}

async function run(cameras: number) {
  await using all = openResources();
  const folder = await mkdtemp(join(tmpdir(), "matchlight-start-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres();
  if (!postgres) throw new Error("PostgreSQL is not installed");
  all.use(postgres);
  const url = all.use(await startMosquittoNode()).nodes[0]?.url ?? new URL("mqtt://nobody");
  const database = all.use(openPostgres(postgres.url, () => undefined));
  await migrate(database);
  const device = await signingDevice("camera");
  const statusOf = (name: string) => ({ v: 1, device: name, state: "ready", faults: [] });
  const names = Array.from({ length: cameras }, (_, i) => `camera-${i}`);
  const identities = await Promise.all(names.map((name) => identityOf(device, name)));
  await database.query(
    `insert into cameras (device, shop, pin, identity, status, health, enrolled_at, seen_at)
      select d, 'shop-' || n, $3, case when n % 100 > 0 then i end, s, h, now() - interval '1 day', now() - interval '1 day'
      from unnest($1::text[], $2::jsonb[], $4::jsonb[], $5::jsonb[]) with ordinality as t (d, i, s, h, n)`,
    [
      names,
      identities.map((identity) => JSON.stringify(identity)),
      device.signing.public.kid,
      names.map((name) => JSON.stringify(statusOf(name))),
      names.map((name) => JSON.stringify(healthOf(name))),
    ],
  );
  await announce(url, identities);
  const gateway = gatewayProcess({
    MATCHLIGHT_BROKER_URL: url.href,
    MATCHLIGHT_DATABASE_URL: postgres.url.href,
    MATCHLIGHT_GATEWAY_DATA: folder,
  });
  all.onClose(() => gateway.kill());
  const startedMs = performance.now();
  await gateway.start();
  while (!(await fetch(new URL("/ready", gateway.url())).catch(() => undefined))?.ok) await sleep(20);
  const readyMs = Math.round(performance.now() - startedMs);
  const readMs = await untilRead(gateway.pid() ?? 0, startedMs);
  const [row] = await database.query<{ readonly n: number }>(
    "select count(*)::int as n from cameras where identity is null",
  );
  return { cameras, readyMs, readMs, unread: row?.n ?? 0, largestMb: await largestMb(gateway.pid() ?? 0) };
}

/** Until the processor rests again. Gives how long that took from the start on. */
async function untilRead(pid: number, startedMs: number): Promise<number> {
  for (let before = await cpuMsOf(pid); ; ) {
    await sleep(1_000);
    const now = await cpuMsOf(pid);
    const tookMs = Math.round(performance.now() - startedMs);
    if (now - before < 50 || tookMs > READ_WITHIN_MS) return tookMs;
    before = now;
  }
}

/** The largest that a process ever was, by the kernel's count. */
async function largestMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

endWithChildren();
const result = await run(readCounts(HELP, { cameras: 50_000 }).cameras);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.exitCode = result.readyMs < 10_000 && result.largestMb < 300 && result.unread === 0 ? 0 : 1;
process.exit();
