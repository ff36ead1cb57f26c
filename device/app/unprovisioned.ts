import type { Light } from "../../drivers/light/light.ts";
import { openResources } from "../../protocol/common/disposable-stack.ts";
import { retry } from "../../protocol/common/retry.ts";
import { enrolmentCode } from "../../protocol/identity/enrolment.ts";
import { CONTRACT_VERSION } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import { DeviceFault, explainFault } from "../faults.ts";
import { lockFolder } from "../management/data-folder-lock.ts";
import { loadKeys } from "../management/device-keys.ts";
import { enrol } from "../management/enrol.ts";
import { systemClock } from "../process/clock.ts";
import type { Log } from "../process/log.ts";
import { VERSION } from "../process/version.ts";
import type { BareSettings, Provisioning } from "../settings/environment.ts";
import { loadBootstrap } from "../settings/trusted-keys.ts";
import { stateOf } from "../status/health-rules.ts";
import { serveHealth } from "../status/health-socket.ts";
import { lightFault } from "../status/light-fault.ts";
import { codePattern, showState } from "../status/light-patterns.ts";
import { openLight } from "./hardware.ts";
import type { Parts } from "./parts.ts";

type Unprovisioned = Extract<Provisioning, { kind: "unprovisioned" }>;

/**
 * Runs a camera without settings. It stays up, so that no supervisor starts it again and again; its light and its health say
 * what it waits for. With a bootstrap credential it enrols. Resolves with the signal that stops it, or with undefined when it
 * is provisioned.
 */
export async function waitUnprovisioned(
  { settings, missing }: Unprovisioned,
  log: Log,
  asked: Promise<string>,
  own: Partial<Parts>,
): Promise<string | undefined> {
  await using opened = openResources();
  const light = own.light ?? opened.use(openLight(settings.light, lightFault(log).events));
  showState(light, "unprovisioned");
  if (settings.healthSocket) opened.use(await serveHealth(settings.healthSocket, async () => healthOf(settings), log));
  log.warn({ event: "unprovisioned", missing });
  const stop = new AbortController();
  opened.onClose(async () => stop.abort());
  return await Promise.race([asked, provisioned(settings, light, log, own, stop.signal)]);
}

const STORAGE_AGAIN = { firstMs: 1_000, mostMs: 30_000 };

/** Resolves when the camera is provisioned. Without a bootstrap credential or a name it never resolves. */
async function provisioned(
  settings: BareSettings,
  light: Light,
  log: Log,
  own: Partial<Parts>,
  signal: AbortSignal,
): Promise<undefined> {
  const { deviceId: device, dataFolder } = settings;
  const bootstrap = await loadBootstrap(settings.bootstrap);
  if (!bootstrap || device === undefined) return forEver(signal);
  for await (const { failures } of retry({ ...STORAGE_AGAIN, signal })) {
    try {
      await using _lock = await lockFolder(dataFolder);
      const keys = own.keys ?? (await loadKeys(dataFolder));
      const { wallMs } = own.clock ?? systemClock;
      await showCode(keys.signing.public.kid ?? "", light, log);
      if (await enrol({ bootstrap, device, dataFolder, keys, wallMs, log, signal })) return undefined;
    } catch (error) {
      waitForStorage(error, failures, light, log);
    }
  }
  return forEver(signal);
}

async function showCode(kid: string, light: Light, log: Log): Promise<void> {
  const { letters, digits } = await enrolmentCode(kid);
  light.show(codePattern(digits));
  log.info({ event: "enrolling", enrolmentCode: letters, digits });
}

/** Shows that the data folder cannot be used, and no more, because it may be usable later. Throws any other error. */
function waitForStorage(error: unknown, failures: number, light: Light, log: Log): void {
  if (!(error instanceof DeviceFault) || error.code !== "storage_failed") throw error;
  showState(light, "faulty");
  if (failures === 0) log.error({ event: "storage_failed", reason: explainFault(error) });
}

/** Keeps the process alive with a timer: Node ends a process that only waits for a signal. */
function forEver(signal: AbortSignal): Promise<never> {
  const alive = setInterval(() => undefined, 60_000);
  signal.addEventListener("abort", () => clearInterval(alive), { once: true });
  if (signal.aborted) clearInterval(alive);
  return new Promise(() => undefined);
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
