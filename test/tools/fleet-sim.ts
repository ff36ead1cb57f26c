import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { openResources } from "../../protocol/common/disposable-stack.ts";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import { makeAuthority } from "../support/broker.ts";
import { startMosquittoNode } from "../support/brokers/mosquitto.ts";
import { startNats } from "../support/brokers/nats.ts";
import type { BrokerNode } from "../support/brokers/node.ts";
import { startRabbitMq } from "../support/brokers/rabbitmq.ts";
import { openSimulatedFleet, type SimulatedFleet } from "../support/simulated-fleet.ts";
import { SYNTHETIC } from "../support/synthetic.ts";
import { readArguments } from "../support/tool-arguments.ts";
import { until } from "../support/until.ts";

const HELP = `npm run fleet-sim -- [--devices 50,500] [--processes 1] [--seconds 20] [--photo 4000] [--tls] [--storm]
                     [--broker mosquitto|nats|rabbitmq|mqtt://host:1883] [--ca FILE] [--data FOLDER]

Sizes a broker and a consumer: simulated cameras with the real link, ledger, outbox and contract, in so many processes, and one
consumer process that asks each of them again as soon as it has answered. --storm asks nothing: the broker is killed, is back
after 10 s, and the time is taken until each camera is connected again (with a broker that this command starts). Verdicts are
synthetic: every report says so by its pack ("${SYNTHETIC}"), and is signed by keys made for the run, which no carrier trusts.
Prints JSON.
`;

const { values } = readArguments(HELP, {
  options: {
    devices: { type: "string", default: "50,500" },
    processes: { type: "string", default: "1" },
    seconds: { type: "string", default: "20" },
    photo: { type: "string", default: "4000" },
    tls: { type: "boolean", default: false },
    storm: { type: "boolean", default: false },
    broker: { type: "string", default: "mosquitto" },
    ca: { type: "string" },
    data: { type: "string" },
  },
});

const run = promisify(execFile);
const say = (line: string) => process.stderr.write(`${line}\n`);
const AWAY_MS = 10_000;

/** A broker that is there already, or one that is started for the run. */
interface Broker extends AsyncDisposable {
  readonly url: URL;
  readonly node?: BrokerNode | undefined;
  readonly ca?: string | undefined;
}

async function openBroker(): Promise<Broker> {
  const all = openResources();
  const close = () => all[Symbol.asyncDispose]();
  if (URL.canParse(values.broker)) return { url: new URL(values.broker), ca: values.ca, [Symbol.asyncDispose]: close };
  const authority = values.tls ? all.use(await makeAuthority()) : undefined;
  const start = { nats: startNats, rabbitmq: startRabbitMq }[values.broker] ?? (() => startMosquittoNode(authority));
  if (authority && values.broker !== "mosquitto") throw new Error("--tls is for mosquitto, or for a broker of yours");
  const [node] = all.use(await start()).nodes;
  if (!node) throw new Error("the broker has no node");
  return { url: node.url, node, ca: authority && join(authority.folder, "ca.crt"), [Symbol.asyncDispose]: close };
}

interface Simulation {
  readonly broker: Broker;
  readonly fleet: SimulatedFleet;
  readonly names: readonly string[];
  readonly folder: string;
  readonly key: JWK;
}

async function simulate(devices: number, broker: Broker, folder: string) {
  const key = await generatePrivateJwk("signing");
  const names = Array.from({ length: devices }, (_, i) => `simulated-${devices}-${i}`);
  const environment = {
    MATCHLIGHT_BROKER_SPREAD_MS: "20000",
    ...(broker.ca ? { MATCHLIGHT_BROKER_CA: broker.ca } : {}),
  };
  const processes = Number(values.processes);
  await using fleet = openSimulatedFleet({ brokerUrl: broker.url, key, names, processes, folder, environment });
  await until(() => fleet.connected() >= devices, 300_000);
  say(`${fleet.connected()} of ${devices} devices are connected`);
  const simulation = { broker, fleet, names, folder, key };
  return values.storm ? await storm(simulation) : await load(simulation);
}

async function load({ broker, fleet, names, folder, key }: Simulation) {
  const namesFile = join(folder, "names");
  await writeFile(namesFile, names.join(","));
  const consumer = join(PACKAGE_FOLDER, "dist", "test", "support", "fleet-consumer.js");
  const args = [
    consumer,
    broker.url.href,
    JSON.stringify(key),
    namesFile,
    values.seconds,
    values.photo,
    broker.ca ?? "",
  ];
  const before = await fleet.used();
  const brokerBefore = await cpuMsOf(broker.node);
  const { stdout } = await run(process.execPath, args);
  const result = JSON.parse(stdout) as { readonly reports: number; readonly consumerRssMb: number };
  const { cpuMs, rssMb } = await fleet.used();
  const per = (ms: number) => Math.round((100 * ms) / Math.max(1, result.reports)) / 100;
  // RabbitMQ's first process is a script.
  const isMeasured = broker.node && values.broker !== "rabbitmq";
  const brokerCpuMsPerReport = isMeasured ? per((await cpuMsOf(broker.node)) - brokerBefore) : undefined;
  return { ...result, devicesCpuMsPerReport: per(cpuMs - before.cpuMs), brokerCpuMsPerReport, devicesRssMb: rssMb };
}

/** What the process of a broker has used. */
async function cpuMsOf(node: BrokerNode | undefined): Promise<number> {
  return node ? node.cpuMs() : 0;
}

/** The broker is away for 10 s. Times are from its death. */
async function storm({ broker: { node }, fleet, names }: Simulation) {
  if (!node) throw new Error("--storm kills a broker: one that this command starts");
  await sleep(5_000);
  const lostBefore = { ...fleet.reasons() };
  const killedMs = Date.now();
  await node.kill();
  await sleep(AWAY_MS);
  await node.start();
  await until(() => fleet.connected() < names.length, 5_000);
  await until(() => fleet.connected() >= names.length, 180_000);
  await sleep(5_000);
  const made = fleet.connections().filter(({ atMs }) => atMs > killedMs);
  const first = names
    .flatMap((name) => made.find((one) => one.name === name)?.atMs ?? [])
    .map((atMs) => atMs - killedMs);
  const sorted = first.sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const reasons = Object.entries(fleet.reasons()).map(
    ([reason, n]) => [reason, n - (lostBefore[reason] ?? 0)] as const,
  );
  return {
    devices: names.length,
    back: fleet.connected(),
    backP50Ms: at(0.5),
    backP99Ms: at(0.99),
    backLastMs: at(1),
    peakConnectsPerSecond: peak(made.map(({ atMs }) => atMs)),
    connects: made.length,
    reasons: Object.fromEntries(reasons.filter(([, n]) => n > 0)),
    devicesRssMb: (await fleet.used()).rssMb,
  };
}

/** The most connections that were made within any second. */
function peak(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let [most, from] = [0, 0];
  for (const [to, time] of sorted.entries()) {
    while (time - (sorted[from] ?? 0) >= 1_000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(values.data ?? tmpdir(), "matchlight-fleet-"));
  const runs: object[] = [];
  try {
    for (const devices of values.devices.split(",").map(Number)) {
      await using broker = await openBroker();
      runs.push(await simulate(devices, broker, folder));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { broker, tls, processes, photo } = values;
  const where = { broker, tls, processes: Number(processes), photoBytes: Number(photo), cpus: cpus().length };
  process.stdout.write(`${JSON.stringify({ ...where, synthetic: SYNTHETIC, runs }, null, 2)}\n`);
}

await main();
process.exit();
