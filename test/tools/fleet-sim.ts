import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { openResources } from "../../device/process/disposable-stack.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import { startMosquitto } from "../support/broker.ts";
import { SYNTHETIC, syntheticCamera } from "../support/synthetic.ts";
import { openSynthetic } from "../support/synthetic-device.ts";
import { until } from "../support/until.ts";

const HELP = `npm run fleet-sim -- [--devices 50,500] [--seconds 20] [--broker mqtt://host:1883] [--data FOLDER]

Sizes a broker and a consumer: simulated cameras with the real link, ledger, outbox and contract, and one consumer process
that asks each of them again as soon as it has answered. Verdicts are synthetic: every report says so by its pack
("${SYNTHETIC}"), and is signed by keys made for the run, which no carrier trusts. Prints JSON.
`;

const { values } = parseArgs({
  options: {
    devices: { type: "string", default: "50,500" },
    seconds: { type: "string", default: "20" },
    broker: { type: "string" },
    data: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const run = promisify(execFile);
const say = (line: string) => process.stderr.write(`${line}\n`);

async function simulate(devices: number, brokerUrl: URL, folder: string, key: JWK) {
  await using all = openResources();
  const names = Array.from({ length: devices }, (_, i) => `simulated-${devices}-${i}`);
  let connected = 0;
  for (const name of names) {
    const said = ({ event }: { readonly event: string }) => void (event === "broker_connected" && connected++);
    const own = { camera: syntheticCamera(20) };
    const data = { dataFolder: join(folder, name), environment: { MATCHLIGHT_LOG_LEVEL: "info" } };
    all.use((await openSynthetic({ brokerUrl, name, carrier: key, own, said, ...data })).device);
  }
  await until(() => connected >= devices, 60_000);
  say(`${connected} of ${devices} devices are connected; asking for ${values.seconds} s`);
  const consumer = join(PACKAGE_FOLDER, "dist", "test", "support", "fleet-consumer.js");
  const args = [consumer, brokerUrl.href, JSON.stringify(key), names.join(","), values.seconds];
  const { stdout } = await run(process.execPath, args);
  const devicesRssMb = Math.round(process.memoryUsage.rss() / 1e6);
  return { ...JSON.parse(stdout), devicesRssMb };
}

async function main(): Promise<void> {
  if (values.help) {
    say(HELP);
    return;
  }
  const folder = await mkdtemp(join(values.data ?? tmpdir(), "matchlight-fleet-"));
  const key = await generatePrivateJwk("signing");
  const runs = [];
  try {
    for (const devices of values.devices.split(",").map(Number)) {
      // Two retained messages of each device wait for the consumer at once: mosquitto would drop what is beyond 1,000.
      await using broker = values.broker ? undefined : await startMosquitto(undefined, "max_queued_messages 100000\n");
      const brokerUrl = broker?.url ?? (values.broker ? new URL(values.broker) : undefined);
      if (!brokerUrl) throw new Error("mosquitto is not installed: install it, or name a broker with --broker");
      runs.push(await simulate(devices, brokerUrl, folder, key));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const [first, last] = [runs[0], runs.at(-1)];
  const growth = runs.length > 1 ? { consumerRssMb: last.consumerRssMb - first.consumerRssMb } : undefined;
  const where = { broker: values.broker ?? "mosquitto", cpus: cpus().length, synthetic: SYNTHETIC };
  process.stdout.write(`${JSON.stringify({ ...where, runs, growth }, null, 2)}\n`);
}

await main();
process.exit();
