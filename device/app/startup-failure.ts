import { setTimeout as sleep } from "node:timers/promises";
import { CONTRACT_VERSION, type Status, topicsOf } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { DeviceFault } from "../faults.ts";
import { retainedMessage } from "../messaging/publisher.ts";
import { loadTls, type TlsSettings } from "../messaging/tls.ts";
import { VERSION } from "../process/version.ts";
import type { Settings } from "../settings/settings.ts";

/**
 * The exit codes of the service. `releaseBroken` is EX_SOFTWARE of sysexits.h: the release does not work on this machine,
 * and a restart does not help. `again`: a restart may help.
 */
export const EXIT = { stopped: 0, again: 1, releaseBroken: 70 } as const;

const WITHIN_MS = 5_000;

/** The exit code after a fault at the start. Pure. */
export function exitCodeOf(error: unknown): number {
  const broken = error instanceof DeviceFault && ["self_test_failed", "pack_refused"].includes(error.code);
  return broken ? EXIT.releaseBroken : EXIT.again;
}

type ReportSettings = TlsSettings & Pick<Settings, "deviceId" | "release" | "topics" | "brokerAlso">;

/**
 * Publishes why the device could not start, retained, over a connection of its own. It gives up after five seconds. The
 * connection has no last will, so the message stays.
 */
export async function reportStartupFailure(settings: ReportSettings, { code }: DeviceFault): Promise<void> {
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
    also: settings.brokerAlso,
    clientId: device,
    subscribe: [],
    ...(tls ? { tls } : {}),
  });
  const connected = new Promise<void>((resolve) =>
    broker.start({ connected: () => resolve(), lost: () => undefined, message: () => undefined }),
  );
  const publish = async () => {
    await connected;
    await broker.publish(retainedMessage(topics.status, status));
    await broker.publish(retainedMessage(topics.health, health));
  };
  const late = sleep(WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error(`the broker did not take the report of the failure within ${WITHIN_MS} ms`);
  });
  await Promise.race([publish(), late]);
}
