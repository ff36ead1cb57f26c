import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Device } from "../../../device/app/device.ts";
import { DriverError } from "../../../drivers/errors.ts";
import type { Database } from "../../../gateway/database/database.ts";
import { openPostgres } from "../../../gateway/database/server.ts";
import { AUDIENCE } from "../../../gateway/http/access.ts";
import { loadCarrierKey, loadTokenKey } from "../../../gateway/settings/keys.ts";
import { openResources, type Resources } from "../../../protocol/common/disposable-stack.ts";
import { readPrivateKey, sign } from "../../../protocol/encoding/tokens.ts";
import { startMosquittoNode } from "../brokers/mosquitto.ts";
import type { BrokerNode } from "../brokers/node.ts";
import { verificationRequest } from "../gateway.ts";
import { startGatewayProcess } from "../gateway-process.ts";
import { startPostgres, type TestPostgres } from "../postgres.ts";
import { syntheticCamera } from "../synthetic.ts";
import { openSynthetic } from "../synthetic-device.ts";
import { type Customer, customerInference, photoOf } from "./customers.ts";

/** Simulated cameras between a real broker, two gateways and PostgreSQL, and shops that ask. */
export interface BusyFleet extends AsyncDisposable {
  readonly gateways: readonly URL[];
  readonly broker: BrokerNode;
  readonly postgres: TestPostgres;
  readonly database: Database;
  /** Asks over HTTP and waits for the end; resolves with the state, or with the code of what refused it. */
  ask(camera: string, customer: Customer, options?: AskOptions): Promise<string>;
  /** Pulls a camera out of its computer, or plugs it in again. */
  plug(camera: string, isIn: boolean): void;
  /** Ends the device. */
  end(camera: string): Promise<void>;
}

export interface AskOptions {
  /** The same photo as another request with this number. */
  readonly photo?: number;
  /** The customer changes their mind after this. */
  readonly declineAfterMs?: number;
}

export interface BusyFleetOptions {
  readonly cameras: readonly string[];
  /** Days until certificates end; the others' are not known. */
  readonly certificates: Readonly<Record<string, number>>;
}

export async function openBusyFleet(options: BusyFleetOptions): Promise<BusyFleet> {
  const all = openResources();
  try {
    return await build(options, all);
  } catch (error) {
    await all[Symbol.asyncDispose]();
    throw error;
  }
}

async function build({ cameras, certificates }: BusyFleetOptions, all: Resources): Promise<BusyFleet> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-busy-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const broker = all.use(await startMosquittoNode()).nodes[0];
  const postgres = await startPostgres();
  if (!postgres || !broker) throw new Error("PostgreSQL or mosquitto is not installed");
  all.use(postgres);
  const gateways = await startGateways(folder, broker.url, postgres.url, all);
  const carrier = await loadCarrierKey({ key: undefined, dataFolder: folder });
  const unplugged = new Set<string>();
  const devices = new Map<string, Device>();
  for (const name of cameras) {
    const camera = pluggable(name, unplugged);
    const { device } = await openSynthetic({
      brokerUrl: broker.url,
      name,
      carrier,
      dataFolder: join(folder, name),
      environment: { MATCHLIGHT_TIMEOUT_MS: "8000", MATCHLIGHT_SPOOF_LIMIT: "3" },
      own: { camera, inference: customerInference() },
    });
    devices.set(name, device);
    all.use(device);
  }
  const authorization = `Bearer ${await fleetToken(folder)}`;
  const http = (path: string, init: RequestInit = {}, at = 0) =>
    fetch(new URL(path, gateways[at % gateways.length]), {
      ...init,
      headers: { ...(init.headers as Record<string, string>), authorization },
    });
  await register(http, certificates);
  let asked = 0;
  return {
    gateways,
    broker,
    postgres,
    database: all.use(openPostgres(postgres.url, () => undefined)),
    async ask(camera, customer, { photo, declineAfterMs } = {}) {
      const at = asked++;
      const request = verificationRequest(photoOf(customer, photo ?? at), randomUUID());
      const accepted = await http(`/v1/cameras/${camera}/verifications`, request, at);
      if (accepted.status !== 202) return codeOf(accepted);
      if (declineAfterMs !== undefined) {
        await sleep(declineAfterMs);
        const because = { method: "POST", headers: { "content-type": "application/json" }, body: DECLINED };
        await http(`/v1/verifications/${request.id}/cancel`, because, at);
      }
      return codeOf(await http(`/v1/verifications/${request.id}?wait=30`, {}, at));
    },
    plug: (camera, isIn) => void (isIn ? unplugged.delete(camera) : unplugged.add(camera)),
    end: async (camera) => devices.get(camera)?.[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  };
}

const DECLINED = '{"because":"declined"}';

async function startGateways(dataFolder: string, broker: URL, database: URL, all: Resources): Promise<readonly URL[]> {
  const urls: URL[] = [];
  for (const name of ["gateway-1", "gateway-2"]) {
    const gateway = await startGatewayProcess({
      MATCHLIGHT_BROKER_URL: broker.href,
      MATCHLIGHT_DATABASE_URL: database.href,
      MATCHLIGHT_GATEWAY_DATA: dataFolder,
      MATCHLIGHT_GATEWAY_NAME: name,
      MATCHLIGHT_GATEWAY_SHARE: "group:archive",
      MATCHLIGHT_LOG_LEVEL: "info",
    });
    all.onClose(() => gateway.kill());
    urls.push(gateway.url);
  }
  return urls;
}

async function fleetToken(dataFolder: string): Promise<string> {
  const key = await readPrivateKey(await loadTokenKey({ dataFolder }), "signing");
  const exp = Math.floor(Date.now() / 1000) + 86_400;
  return sign({ sub: "shops", aud: AUDIENCE, scope: "fleet", exp }, "JWT", key);
}

type Http = (path: string, init?: RequestInit) => Promise<Response>;

async function register(http: Http, certificates: BusyFleetOptions["certificates"]): Promise<void> {
  for (const [camera, days] of Object.entries(certificates)) {
    const certificateEnds = new Date(Date.now() + days * 86_400_000).toISOString();
    const body = JSON.stringify({ shop: camera, certificateEnds });
    const headers = { "content-type": "application/json" };
    const answer = await http(`/v1/cameras/${camera}`, { method: "PUT", headers, body });
    if (!answer.ok) throw new Error(`${camera} is not registered: ${await answer.text()}`);
  }
}

async function codeOf(answer: Response): Promise<string> {
  const { code, state } = (await answer.json()) as { readonly code?: string; readonly state?: string };
  return code ?? state ?? String(answer.status);
}

/** A camera whose plug can be pulled, also while it delivers frames. */
function pluggable(name: string, unplugged: ReadonlySet<string>): ReturnType<typeof syntheticCamera> {
  const camera = syntheticCamera(60);
  const check = async () => {
    if (unplugged.has(name)) throw new DriverError("gone", `${name} is unplugged`);
  };
  return {
    ...camera,
    check,
    async open(sink) {
      await check();
      const capture = await camera.open({
        ...sink,
        frame: (frame) => (unplugged.has(name) ? frame.giveBack() : sink.frame(frame)),
      });
      return capture;
    },
  };
}
