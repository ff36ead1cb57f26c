import { join } from "node:path";
import { syntheticCamera } from "./synthetic.ts";
import { openSynthetic } from "./synthetic-device.ts";

/** What one process of simulated devices is told, as JSON in its first argument. */
export interface FleetDevicesOptions {
  readonly brokerUrl: string;
  readonly key: object;
  readonly names: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What it sends: a device connected, or lost its broker or could not reach it; and what its processor has done. */
export type FleetDevicesMessage =
  | { readonly event: "connected"; readonly name: string; readonly atMs: number }
  | { readonly event: "lost"; readonly name: string; readonly atMs: number; readonly reason: string }
  | { readonly event: "used"; readonly cpuMs: number; readonly rssMb: number };

const { brokerUrl, key, names, folder, environment }: FleetDevicesOptions = JSON.parse(process.argv[2] ?? "{}");
const send = (message: FleetDevicesMessage) => void process.send?.(message);

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  send({
    event: "used",
    cpuMs: Math.round((user + system) / 1000),
    rssMb: Math.round(process.memoryUsage.rss() / 1e6),
  });
});
process.on("disconnect", () => process.exit());

for (const name of names) {
  await openSynthetic({
    ...{ brokerUrl: new URL(brokerUrl), name, carrier: key, own: { camera: syntheticCamera(20) } },
    ...{ dataFolder: join(folder, name), environment: { MATCHLIGHT_LOG_LEVEL: "info", ...environment } },
    said({ event, code, reason }) {
      if (event === "broker_connected") send({ event: "connected", name, atMs: Date.now() });
      if (event === "broker_unreachable")
        send({ event: "lost", name, atMs: Date.now(), reason: `${code}: ${withoutNumbers(String(reason))}` });
    },
  });
}

/** Ports and addresses differ from one loss to the next; their reason does not. */
function withoutNumbers(text: string): string {
  return text.replace(/\d+(\.\d+)*/g, "…").slice(0, 80);
}
