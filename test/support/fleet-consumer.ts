import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { openFleet } from "../../carrier/client.ts";
import { until } from "./until.ts";

/**
 * The carrier's side of `npm run fleet-sim`, in a process of its own: asks every device again as soon as it has answered,
 * for so many seconds, and prints what it saw as one JSON line.
 */
const [brokerUrl = "", keyText = "", namesFile = "", secondsText = "10", photoText = "4000", ca = ""] =
  process.argv.slice(2);
const devices = readFileSync(namesFile, "utf8").split(",");
const latencies: number[] = [];
let [failed, repeated, largestRss] = [0, 0, 0];
const troubles: Record<string, number> = {};
const reasons: Record<string, number> = {};

await using fleet = await openFleet({
  brokerUrl: new URL(brokerUrl),
  key: JSON.parse(keyText),
  ...(ca ? { tls: { ca: readFileSync(ca, "utf8") } } : {}),
  onReport: (_report, place) => void (place.kind === "late" && repeated++),
  onTrouble({ kind }) {
    troubles[kind] = (troubles[kind] ?? 0) + 1;
  },
});
const carriers = devices.map((name) => fleet.device(name));
const present: (typeof carriers)[number][] = [];
for (let tries = 0; tries < 6 && present.length < carriers.length; tries++) {
  const missing = carriers.filter((one) => !present.includes(one));
  const ready = await Promise.allSettled(missing.map((one) => one.identity()));
  present.push(...missing.filter((_, i) => ready[i]?.status === "fulfilled"));
}

const photo = Buffer.concat([Buffer.from([0xff, 0xd8]), randomBytes(Number(photoText))]);
const sampler = setInterval(() => {
  largestRss = Math.max(largestRss, process.memoryUsage.rss());
}, 250);
const startedMs = performance.now();
const cpuBefore = process.cpuUsage();
const endMs = startedMs + Number(secondsText) * 1000;
let running = 0;
for (const one of present) {
  running++;
  void askOn(one).finally(() => running--);
}
await until(() => running === 0, Number(secondsText) * 1000 + 20_000);
clearInterval(sampler);
const elapsedS = (performance.now() - startedMs) / 1000;
const sorted = latencies.sort((a, b) => a - b);
const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
const result = {
  devices: devices.length,
  present: present.length,
  reports: sorted.length,
  failed,
  reasons,
  repeated,
  troubles,
  reportsPerSecond: Math.round((sorted.length / elapsedS) * 10) / 10,
  latencyP50Ms: at(0.5),
  latencyP99Ms: at(0.99),
  consumerCpuMsPerReport: perReport(process.cpuUsage(cpuBefore), sorted.length),
  consumerRssMb: Math.round(largestRss / 1e6),
};
process.stdout.write(`${JSON.stringify(result)}\n`);

function perReport({ user, system }: NodeJS.CpuUsage, reports: number): number {
  return Math.round((user + system) / 10 / Math.max(1, reports)) / 100;
}

async function askOn(one: (typeof carriers)[number]): Promise<void> {
  while (performance.now() < endMs) {
    const sentMs = performance.now();
    const consent = { id: "simulation", at: Math.floor(Date.now() / 1000), notice: "simulation" };
    try {
      await one.verify({ reference: photo, consent, purpose: "simulation" });
      latencies.push(performance.now() - sentMs);
    } catch (error) {
      failed++;
      const { code = "unknown", refusal } = error as { readonly code?: string; readonly refusal?: string };
      const reason = refusal ? `${code}: ${refusal}` : code;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
  }
}
