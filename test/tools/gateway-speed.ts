import {
  createCipheriv,
  createHash,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign as signBytes,
  verify as verifyBytes,
} from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openPostgres } from "../../gateway/database/server.ts";
import { AUDIENCE } from "../../gateway/http/access.ts";
import { loadTokenKey } from "../../gateway/settings/keys.ts";
import { openResources } from "../../protocol/common/disposable-stack.ts";
import { decrypt, digest, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, readTopic, topicsOf } from "../../protocol/messages/contract.ts";
import { type MqttClient, openMqttClient } from "../../protocol/mqtt/client.ts";
import { startMosquitto } from "../support/broker.ts";
import { endWithChildren } from "../support/end-with-children.ts";
import { verificationRequest } from "../support/gateway.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { startPostgres } from "../support/postgres.ts";
import { type SigningDevice, signingDevice } from "../support/signing-device.ts";
import { readArguments } from "../support/tool-arguments.ts";

const HELP = `npm run gateway-speed -- [--reports 5000] [--asks 1000] [--warm 500] [--photo 100000] [--profile <folder>]

What a gateway process costs: processor time for each report that it receives, and for each verification asked over HTTP
with a photo of so many bytes, as it counts it itself: of all its threads, and of no other process. \`systemMs\` is the part
that the kernel takes, and \`residentMb\` the memory at the end. Beside it, what node:crypto alone can do in the same run. As
many of both as --warm says come first and are not counted: a gateway runs for months. Wants mosquitto and PostgreSQL.
Prints JSON.
`;

const { values } = readArguments(HELP, {
  options: {
    reports: { type: "string", default: "5000" },
    asks: { type: "string", default: "1000" },
    warm: { type: "string", default: "500" },
    photo: { type: "string", default: "100000" },
    profile: { type: "string" },
  },
});
const CAMERAS = 20;
const AT_ONCE = 10;

interface Camera {
  readonly device: SigningDevice;
  readonly name: string;
  seq: number;
  prev: string | null;
}

/** The next report of a camera's chain. */
async function nextReport(camera: Camera, jti: string): Promise<string> {
  const token = await camera.device.report({ seq: ++camera.seq, prev: camera.prev, jti });
  camera.prev = digest(token);
  return token;
}

/** How often node:crypto checks, and makes, a signature in a second of the processor. */
function ceiling() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const data = randomBytes(900);
  const signature = signBytes(null, data, privateKey);
  const perSecond = (work: () => void, times = 5_000) => {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) work();
    const { user, system } = process.cpuUsage(before);
    return Math.round(times / ((user + system) / 1e6));
  };
  const peer = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
  const token = randomBytes(Math.ceil((Number(values.photo) * 16) / 9));
  return {
    verifiesPerSecond: perSecond(() => void verifyBytes(null, data, publicKey, signature)),
    signsPerSecond: perSecond(() => void signBytes(null, data, privateKey)),
    askMs: rounded(1000 / perSecond(() => bareAsk(token, privateKey, peer), 500)),
  };
}

/** What node:crypto alone does for one request with a photo: sign it, agree on a key, encrypt it and name it by its hash. */
function bareAsk(token: Buffer, signer: KeyObject, publicKey: KeyObject): void {
  signBytes(null, token, signer);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = createHash("sha256").update(diffieHellman({ privateKey, publicKey })).digest();
  const cipher = createCipheriv("aes-256-gcm", key, randomBytes(12));
  createHash("sha256").update(cipher.update(token)).digest();
  cipher.final();
}

/** Processor seconds of the gateway's process, of all its threads; `system` of them are the kernel's, for sockets above all. */
interface Cpu {
  readonly seconds: number;
  readonly system: number;
}

async function residentMbOf(url: URL): Promise<number> {
  const page = await (await fetch(new URL("/metrics", url))).text();
  return Math.round(Number(/^process_resident_memory_bytes (\S+)/m.exec(page)?.[1]) / 1e6);
}

async function cpuOf(url: URL): Promise<Cpu> {
  const page = await (await fetch(new URL("/metrics", url))).text();
  const read = (name: string) => Number(new RegExp(`^process_cpu_${name}_total ([\\d.]+)`, "m").exec(page)?.[1]);
  return { seconds: read("seconds"), system: read("system_seconds") };
}

async function cpuSince(url: URL, before: Cpu): Promise<Cpu> {
  const { seconds, system } = await cpuOf(url);
  return { seconds: seconds - before.seconds, system: system - before.system };
}

async function connect(url: URL, message: (topic: string, payload: Uint8Array) => Promise<void>, subscribe: string[]) {
  const client = openMqttClient({ url, clientId: `speed-${randomUUID().slice(0, 8)}`, subscribe });
  await new Promise<void>((connected) =>
    client.start({ connected: () => connected(), lost: () => undefined, message }),
  );
  return client;
}

async function inParallel(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** Answers requests as cameras do, at once. */
function answering(cameras: readonly Camera[], client: () => MqttClient) {
  return async (topic: string, payload: Uint8Array) => {
    const camera = cameras.find(({ name }) => name === readTopic(DEFAULT_TOPICS, topic)?.device);
    if (!camera) return;
    const token = Buffer.from(await decrypt(Buffer.from(payload).toString("latin1"), camera.device.sealing));
    const { jti } = JSON.parse(Buffer.from(token.toString("latin1").split(".")[1] ?? "", "base64url").toString());
    const report = await nextReport(camera, jti);
    void client().publish({
      topic: topicsOf(DEFAULT_TOPICS, camera.name).report,
      payload: report,
      qos: 1,
      retain: false,
    });
  };
}

interface Setup {
  readonly url: URL;
  readonly brokerUrl: URL;
  readonly dataFolder: string;
  readonly database: ReturnType<typeof openPostgres>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** A gateway process with a real broker and a real database. The caller closes it. */
async function startSetup(): Promise<Setup> {
  const all = openResources();
  try {
    const broker = await startMosquitto(undefined, "max_queued_messages 100000\n");
    if (broker) all.use(broker);
    const postgres = await startPostgres();
    if (postgres) all.use(postgres);
    if (!broker || !postgres) throw new Error("mosquitto or PostgreSQL is not installed");
    const dataFolder = await mkdtemp(join(tmpdir(), "matchlight-speed-"));
    all.onClose(() => rm(dataFolder, { recursive: true, force: true }));
    const environment = {
      MATCHLIGHT_BROKER_URL: broker.url.href,
      MATCHLIGHT_DATABASE_URL: postgres.url.href,
      MATCHLIGHT_GATEWAY_DATA: dataFolder,
      MATCHLIGHT_GATEWAY_RATE: "100000",
    };
    const profiling = values.profile ? ["--cpu-prof", `--cpu-prof-dir=${values.profile}`] : [];
    const { child, url } = await startGatewayProcess(environment, profiling);
    all.onClose(async () => {
      // Its end writes the profile.
      if (child.kill("SIGTERM")) await once(child, "exit");
    });
    const database = all.use(openPostgres(postgres.url, () => undefined));
    return {
      url,
      brokerUrl: broker.url,
      dataFolder,
      database,
      [Symbol.asyncDispose]: async () => all[Symbol.asyncDispose](),
    };
  } catch (error) {
    await all[Symbol.asyncDispose]();
    throw error;
  }
}

function makeCameras(): Promise<readonly Camera[]> {
  const made = Array.from({ length: CAMERAS }, async (_, i) => {
    const name = `speed-${i}`;
    return { device: await signingDevice(name), name, seq: 0, prev: null };
  });
  return Promise.all(made);
}

/** Connects the cameras, which announce their keys and answer requests. The caller closes the client. */
async function connectCameras(brokerUrl: URL, cameras: readonly Camera[]): Promise<MqttClient> {
  let client: MqttClient | undefined;
  const wanted = topicsOf(DEFAULT_TOPICS, "+").request;
  const connected = await connect(
    brokerUrl,
    answering(cameras, () => client as MqttClient),
    [wanted],
  );
  client = connected;
  for (const { name, device } of cameras) {
    const { identity } = topicsOf(DEFAULT_TOPICS, name);
    await connected.publish({ topic: identity, payload: JSON.stringify(device.identity), qos: 1, retain: true });
  }
  return connected;
}

interface MadeReport {
  readonly topic: string;
  readonly payload: string;
}

async function makeReports(cameras: readonly Camera[], count: number): Promise<readonly MadeReport[]> {
  const made: MadeReport[] = [];
  for (let i = 0; i < count; i++) {
    const camera = cameras[i % CAMERAS] as Camera;
    made.push({
      topic: topicsOf(DEFAULT_TOPICS, camera.name).report,
      payload: await nextReport(camera, `made-${i}-only`),
    });
  }
  return made;
}

/** The processor seconds of the gateway for so many reports, until there are `total` in the archive. */
async function measureReports(
  { url, database }: Setup,
  client: MqttClient,
  made: readonly MadeReport[],
  total: number,
): Promise<Cpu> {
  const before = await cpuOf(url);
  await inParallel(made.length, (i) => client.publish({ ...(made[i] as MadeReport), qos: 1, retain: false }));
  for (;;) {
    const [row] = await database.query<{ readonly n: number }>("select count(*)::int as n from chain");
    if (row && row.n >= total) break;
    await sleep(50);
  }
  return cpuSince(url, before);
}

async function askToken(dataFolder: string): Promise<string> {
  const key = await readPrivateKey(await loadTokenKey({ dataFolder }), "signing");
  const claims = { sub: "speed", aud: AUDIENCE, scope: "fleet", exp: Math.floor(Date.now() / 1000) + 3_600 };
  return `Bearer ${await sign(claims, "JWT", key)}`;
}

/** The processor seconds of the gateway for so many verifications, each until its report is there. */
async function measureAsks({ url, dataFolder }: Setup, asks: number, photo: Buffer) {
  const authorization = await askToken(dataFolder);
  const before = await cpuOf(url);
  await inParallel(asks, async (i) => {
    const { headers, body, id } = verificationRequest(photo);
    const init = {
      method: "POST",
      headers: { ...(headers as Record<string, string>), authorization },
      body: body as string,
    };
    const accepted = await fetch(new URL(`/v1/cameras/speed-${i % CAMERAS}/verifications`, url), init);
    if (accepted.status !== 202) throw new Error(`${accepted.status}: ${await accepted.text()}`);
    const ended = await fetch(new URL(`/v1/verifications/${id}?wait=30`, url), { headers: { authorization } });
    if (!(await ended.text()).includes('"reported"')) throw new Error("a verification did not end");
  });
  return cpuSince(url, before);
}

async function measure() {
  await using setup = await startSetup();
  const [reports, asks, warm] = [Number(values.reports), Number(values.asks), Number(values.warm)];
  const cameras = await makeCameras();
  await using client = await connectCameras(setup.brokerUrl, cameras);
  const made = await makeReports(cameras, warm + reports);
  await sleep(2_000);
  await measureReports(setup, client, made.slice(0, warm), warm);
  const received = await measureReports(setup, client, made.slice(warm), warm + reports);
  const photo = Buffer.concat([Buffer.from([0xff, 0xd8]), randomBytes(Number(values.photo) - 2)]);
  await measureAsks(setup, warm, photo);
  const asked = await measureAsks(setup, asks, photo);
  return {
    nodeCrypto: ceiling(),
    warm,
    receive: {
      reports,
      cpuSeconds: rounded(received.seconds),
      reportsPerCpuSecond: Math.round(reports / received.seconds),
    },
    ask: {
      asks,
      photoBytes: photo.length,
      cpuMs: rounded((asked.seconds / asks) * 1000),
      systemMs: rounded((asked.system / asks) * 1000),
    },
    residentMb: await residentMbOf(setup.url),
  };
}

const rounded = (value: number) => Math.round(value * 100) / 100;

endWithChildren();
process.stdout.write(`${JSON.stringify(await measure(), null, 2)}\n`);
process.exit();
