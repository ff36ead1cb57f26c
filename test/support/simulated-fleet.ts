import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import type { FleetDevicesMessage, FleetDevicesOptions } from "./fleet-devices.ts";
import { until } from "./until.ts";

/** Simulated devices in processes of their own, and when each was connected. */
export interface SimulatedFleet extends AsyncDisposable {
  /** Devices that are connected now. */
  connected(): number;
  /** When each connection was made, milliseconds since 1970, and why connections were lost or not made. */
  connections(): readonly { readonly name: string; readonly atMs: number }[];
  reasons(): Readonly<Record<string, number>>;
  /** What all processes have used so far. */
  used(): Promise<{ readonly cpuMs: number; readonly rssMb: number }>;
}

export interface SimulatedFleetOptions {
  readonly brokerUrl: URL;
  readonly key: JWK;
  readonly names: readonly string[];
  readonly processes: number;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export function openSimulatedFleet(options: SimulatedFleetOptions): SimulatedFleet {
  const { names, processes, brokerUrl } = options;
  const present = new Set<string>();
  const connections: { readonly name: string; readonly atMs: number }[] = [];
  const reasons: Record<string, number> = {};
  const uses = new Map<ChildProcess, { readonly cpuMs: number; readonly rssMb: number }>();
  const take = (child: ChildProcess) => (message: FleetDevicesMessage) => {
    if (message.event === "used") return void uses.set(child, message);
    if (message.event === "connected") {
      present.add(message.name);
      return void connections.push({ name: message.name, atMs: message.atMs });
    }
    present.delete(message.name);
    reasons[message.reason] = (reasons[message.reason] ?? 0) + 1;
  };
  const children = Array.from({ length: processes }, (_, i) => {
    const mine = names.filter((_name, at) => at % processes === i);
    const told: FleetDevicesOptions = { ...options, brokerUrl: brokerUrl.href, names: mine };
    const child = fork(join(PACKAGE_FOLDER, "dist", "test", "support", "fleet-devices.js"), [JSON.stringify(told)]);
    child.on("message", take(child));
    return child;
  });
  return {
    connected: () => present.size,
    connections: () => connections,
    reasons: () => reasons,
    async used() {
      uses.clear();
      for (const child of children) child.send("used");
      await until(() => uses.size === children.length, 20_000);
      const sum = (of: "cpuMs" | "rssMb") => [...uses.values()].reduce((total, use) => total + use[of], 0);
      return { cpuMs: sum("cpuMs"), rssMb: sum("rssMb") };
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}
