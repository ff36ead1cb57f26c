import { CONTRACT_VERSION } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import { openResources } from "../process/disposable-stack.ts";
import type { Log } from "../process/log.ts";
import { VERSION } from "../process/version.ts";
import type { BareSettings, Provisioning } from "../settings/environment.ts";
import { stateOf } from "../status/health-rules.ts";
import { serveHealth } from "../status/health-socket.ts";
import { lightFault } from "../status/light-fault.ts";
import { showState } from "../status/light-patterns.ts";
import { openLight } from "./hardware.ts";
import type { Parts } from "./parts.ts";

type Unprovisioned = Extract<Provisioning, { kind: "unprovisioned" }>;

/**
 * A camera whose settings are not there yet: it stays up, so that nobody starts it again and again, and its light and its
 * health say what it waits for. Resolves with the signal that stops it.
 */
export async function waitUnprovisioned(
  { settings, missing }: Unprovisioned,
  log: Log,
  asked: Promise<string>,
  own: Partial<Parts>,
): Promise<string> {
  await using opened = openResources();
  const light = own.light ?? opened.use(openLight(settings.light, lightFault(log).events));
  showState(light, "unprovisioned");
  if (settings.healthSocket) opened.use(await serveHealth(settings.healthSocket, async () => healthOf(settings), log));
  log.warn({ event: "unprovisioned", missing });
  // A process that only waits for a signal would end.
  const alive = setInterval(() => undefined, 60_000);
  opened.onClose(async () => clearInterval(alive));
  return await asked;
}

function healthOf({ deviceId, release }: BareSettings): Health {
  return {
    v: CONTRACT_VERSION,
    device: deviceId ?? "unnamed",
    state: stateOf("unprovisioned"),
    codes: ["unprovisioned"],
    atMs: Date.now(),
    software: VERSION,
    ...(release === undefined ? {} : { release }),
    metrics: { uptimeSeconds: Math.round(process.uptime()), residentBytes: process.memoryUsage.rss() },
  };
}
