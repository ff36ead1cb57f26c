import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { prepareVerify, readKey } from "../../carrier/request.ts";
import type { Device } from "../../device/app/device.ts";
import { openStore, type Store } from "../../device/storage/store.ts";
import { openPostgres } from "../../gateway/database/server.ts";
import { type Gateway, openGateway } from "../../gateway/gateway.ts";
import { openLog } from "../../gateway/process/log.ts";
import { loadCarrierKey } from "../../gateway/settings/keys.ts";
import { readSettings, type Settings } from "../../gateway/settings/settings.ts";
import { openResources } from "../../protocol/common/disposable-stack.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import type { BrokerCluster, BrokerNode } from "./brokers/node.ts";
import { startPostgres } from "./postgres.ts";
import { openSynthetic } from "./synthetic-device.ts";

/** What became of the reports of so many rounds. */
export interface AfterAcknowledgement {
  readonly receipts: boolean;
  readonly rounds: number;
  readonly archived: number;
  readonly lost: number;
  readonly doubles: number;
  /** Reports that cameras still keep in their outboxes. */
  readonly unsent: number;
}

interface Camera {
  readonly name: string;
  readonly device: Device;
  readonly store: Store;
}

/**
 * In each round a camera of its own reports while no gateway is connected, and the node of the broker that it is connected to
 * is killed as soon as its acknowledgement has gone to the camera. Then node and gateway come back.
 */
export async function killAfterAcknowledgement(
  startBroker: () => Promise<BrokerCluster>,
  rounds: number,
  receipts: boolean,
  say: (line: string) => void,
): Promise<AfterAcknowledgement | undefined> {
  await using all = openResources();
  const folder = await mkdtemp(join(tmpdir(), "matchlight-receipts-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres();
  if (!postgres) return undefined;
  all.use(postgres);
  const cluster = all.use(await startBroker());
  const [node] = cluster.nodes;
  if (!node) return undefined;
  const settings = readSettings({
    MATCHLIGHT_BROKER_URL: node.url.href,
    MATCHLIGHT_DATABASE_URL: postgres.url.href,
    MATCHLIGHT_GATEWAY_DATA: folder,
    MATCHLIGHT_GATEWAY_PORT: "0",
  });
  const key = await loadCarrierKey(settings);
  const cameras: Camera[] = [];
  let gateway = await openGateway(settings, openLog("silent", "receipts"));
  all.onClose(async () => {
    await gateway[Symbol.asyncDispose]();
    for (const camera of cameras) await camera.device[Symbol.asyncDispose]();
  });
  const database = all.use(openPostgres(postgres.url, () => undefined));
  const count = async (what: string) => {
    const [row] = await database.query<{ readonly n: number }>(`select count(*)::int as n from ${what}`);
    return row?.n ?? 0;
  };
  for (let round = 1; round <= rounds; round++) {
    const camera = await openCamera(`camera-${round}`, node, { key, folder });
    cameras.push(camera);
    const registered = () => count(`cameras where device = '${camera.name}' and identity is not null`);
    while ((await registered()) === 0) await sleep(50);
    await gateway[Symbol.asyncDispose]();
    await ask(node, camera, key, receipts);
    await inTime(camera.killed, `the broker did not acknowledge the report of ${camera.name}`);
    await node.start();
    gateway = await reopen(settings);
    say(`round ${round}: ${await count("chain")} archived`);
  }
  const unsent = () => cameras.reduce((sum, { store }) => sum + store.count("outbox/", "outbox0"), 0);
  // Without receipts nothing is left that could come again; with them, everything must leave the outboxes.
  const late = performance.now() + (receipts ? 120_000 : 5_000);
  while (performance.now() < late && ((await count("chain")) < rounds || unsent() > 0)) await sleep(100);
  const archived = await count("chain");
  const doubles = (await count("reports")) - archived + (await count("contested"));
  return { receipts, rounds, archived, lost: rounds - archived, doubles, unsent: unsent() };
}

async function inTime(what: Promise<void>, words: string): Promise<void> {
  const late = sleep(60_000, undefined, { ref: false }).then(() => {
    throw new Error(words);
  });
  await Promise.race([what, late]);
}

async function reopen(settings: Settings): Promise<Gateway> {
  return openGateway(settings, openLog("silent", "receipts"));
}

interface CameraOptions {
  readonly key: JWK;
  readonly folder: string;
}

/** A camera behind a wire that kills the broker when it has acknowledged the camera's report. */
async function openCamera(
  name: string,
  node: BrokerNode,
  { key, folder }: CameraOptions,
): Promise<Camera & { readonly killed: Promise<void> }> {
  const dataFolder = join(folder, name);
  const store = await openStore(join(dataFolder, "ledger"));
  const wire = await wireTo(node, topicsOf(DEFAULT_TOPICS, name).report);
  const own = { store };
  const { device } = await openSynthetic({ brokerUrl: wire.url, name, carrier: key, dataFolder, own });
  return {
    name,
    store,
    killed: wire.killed,
    device: {
      ...device,
      async [Symbol.asyncDispose]() {
        await device[Symbol.asyncDispose]();
        await store[Symbol.asyncDispose]();
        wire.close();
      },
    },
  };
}

/** Asks over a connection of its own; resolves when the broker has the request. */
async function ask(node: BrokerNode, { device }: Camera, key: JWK, receipt: boolean): Promise<void> {
  const asker = { issuer: "carrier", key: await readKey(key) };
  const consent = { id: "consent-1", at: Math.floor(Date.now() / 1000), notice: "notice-1" };
  const reference = Buffer.from([0xff, 0xd8, 0xff]);
  const { sealed } = await prepareVerify(asker, device.identity, { reference, consent, purpose: "test", receipt });
  await using client = openMqttClient({ url: node.url, clientId: `ask-${randomUUID().slice(0, 8)}`, subscribe: [] });
  await new Promise<void>((connected) =>
    client.start({ connected: () => connected(), lost: () => undefined, message: () => undefined }),
  );
  const { request } = topicsOf(DEFAULT_TOPICS, device.identity.device);
  await client.publish({ topic: request, payload: sealed, qos: 1, retain: false });
}

interface Wire {
  readonly url: URL;
  readonly killed: Promise<void>;
  close(): void;
}

/** Passes bytes on; the first acknowledgement of a message to `topic` is the last thing that the broker does. */
async function wireTo(node: BrokerNode, topic: string): Promise<Wire> {
  let kill: () => void = () => undefined;
  const killed = new Promise<void>((resolve) => {
    kill = () => resolve(node.kill());
  });
  let hasKilled = false;
  const server = createServer((near) => {
    const far = connect(Number(node.url.port), node.url.hostname);
    let acknowledgement: Buffer | undefined;
    near.on("data", (bytes) => {
      const at = bytes.indexOf(topic);
      if (at >= 0) acknowledgement = bytes.subarray(at + topic.length, at + topic.length + 2);
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      near.write(bytes);
      if (hasKilled || !acknowledgement || !acknowledges(bytes, acknowledgement)) return;
      hasKilled = true;
      kill();
    });
    far.on("close", () => near.end()).on("error", () => undefined);
    near.on("close", () => far.destroy()).on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`mqtt://127.0.0.1:${port}`), killed, close: () => void server.close() };
}

/** Whether a PUBACK for a packet id is among the bytes; with MQTT 5 a reason may follow. */
function acknowledges(bytes: Buffer, id: Buffer): boolean {
  return [2, 3, 4].some((length) => bytes.indexOf(Buffer.concat([Buffer.from([0x40, length]), id])) >= 0);
}
