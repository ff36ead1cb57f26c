import { setTimeout as sleep } from "node:timers/promises";
import { CONTRACT_VERSION, type Status, topicsOf } from "../../protocol/contract.ts";
import type { Health } from "../../protocol/metrics.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { DeviceFault } from "../faults.ts";
import { retainedMessage } from "../messaging/publisher.ts";
import { loadTls } from "../messaging/tls.ts";
import { VERSION } from "../process/version.ts";
import type { Settings } from "../settings/settings.ts";

/**
 * Exit codes, so that whoever starts the service can tell why it ended: EX_SOFTWARE of sysexits.h for a release that does
 * not work on this machine, which a new start will not mend; 1 for everything that it may.
 */
export const EXIT = { stopped: 0, again: 1, releaseBroken: 70 } as const;

const WITHIN_MS = 5_000;

/** How the process ends because of a fault at its start. Pure. */
export function exitCodeOf(error: unknown): number {
  const broken = error instanceof DeviceFault && ["self_test_failed", "pack_refused"].includes(error.code);
  return broken ? EXIT.releaseBroken : EXIT.again;
}

/**
 * Tells the carrier, retained, why a device that could not start is not there: the device itself has no connection yet.
 * Gives up after five seconds; the last will is not sent, so what was told stays.
 */
export async function reportStartupFailure(settings: Settings, { code }: DeviceFault): Promise<void> {
  const { deviceId: device, release } = settings;
  const topics = topicsOf(settings.topics, device);
  const named = release === undefined ? {} : { release };
  const status: Status = { v: CONTRACT_VERSION, device, state: "faulty", faults: [code], ...named };
  const health: Health = {
    v: CONTRACT_VERSION,
    device,
    state: "unhealthy",
    codes: [code],
    atMs: Date.now(),
    software: VERSION,
    ...named,
    metrics: {},
  };
  const tls = await loadTls(settings);
  await using broker = openMqttClient({
    url: settings.brokerUrl,
    clientId: device,
    subscribe: [],
    ...(tls ? { tls } : {}),
  });
  const connected = new Promise<void>((resolve) =>
    broker.start({ connected: () => resolve(), lost: () => undefined, message: () => undefined }),
  );
  const tell = async () => {
    await connected;
    await broker.publish(retainedMessage(topics.status, status));
    await broker.publish(retainedMessage(topics.health, health));
  };
  const late = sleep(WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error(`the broker took no last words within ${WITHIN_MS} ms`);
  });
  await Promise.race([tell(), late]);
}
