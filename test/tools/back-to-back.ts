import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openCarrier } from "../../carrier/client.ts";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { media } from "../support/media.ts";
import { decided } from "../support/stage.ts";
import { readCounts } from "../support/tool-arguments.ts";
import { memoryGrowthMb } from "../support/watched-memory.ts";

const HELP = `npm run back-to-back -- [verifications, 300 if left out]

Starts the service as npm start does, with a film as its camera, and makes one verification after the other. Prints the
decisions and the service's memory as JSON. Exit code 1 if a verification has no report, or memory grows by 10 MB or more.
`;

const count = readCounts(HELP, { verifications: 300 }).verifications;
const DEVICE = "back-to-back";
const GROWTH_MB = 10;

const folder = await mkdtemp(join(tmpdir(), "matchlight-back-to-back-"));
await using broker = await startTestBroker();
const key = await generatePrivateJwk("signing");
const { d: _, ...publicKey } = key;
const service = spawn("sh", ["deploy/run.sh", "dist/cli/matchlight.js", "start"], {
  cwd: PACKAGE_FOLDER,
  env: {
    PATH: process.env["PATH"],
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: DEVICE,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: `film:${media.path("franck.mp4")}`,
    MATCHLIGHT_DATA_DIR: join(folder, "data"),
  },
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  await connected();
  const result = await verifyAll();
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = result.growthMb < GROWTH_MB && result.verifications === count ? 0 : 1;
} finally {
  service.kill("SIGTERM");
  await once(service, "exit");
  await rm(folder, { recursive: true, force: true });
}

async function connected(): Promise<void> {
  for await (const line of createInterface({ input: service.stdout })) if (line.includes('"broker_connected"')) break;
  service.stdout.resume();
}

async function verifyAll() {
  await using carrier = await openCarrier({ brokerUrl: broker.url, device: DEVICE, key });
  const reference = await chipPhoto(media.path("franck_02221.jpg"));
  const endings: Record<string, number> = {};
  const residentMb: number[] = [];
  for (let i = 1; i <= count; i++) {
    const consent = { id: `consent-${i}`, at: Math.floor(Date.now() / 1000), notice: "notice-1" };
    const policy = { timeoutMs: 20_000, challenge: "never" as const, waitMs: 5_000 };
    const { claims } = await carrier.verify({ reference, consent, purpose: "test", policy });
    const ending = decided(claims);
    endings[ending] = (endings[ending] ?? 0) + 1;
    residentMb.push(await resident());
    if (i % 20 === 0) process.stderr.write(`${i} of ${count}: ${residentMb.at(-1)?.toFixed(0)} MB\n`);
  }
  const verifications = Object.values(endings).reduce((sum, ended) => sum + ended, 0);
  return {
    verifications,
    endings,
    residentMb: Math.round(Math.max(...residentMb)),
    growthMb: memoryGrowthMb(residentMb),
  };
}

async function resident(): Promise<number> {
  const status = await readFile(`/proc/${service.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_000;
}
