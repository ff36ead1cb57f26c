import type { Metrics } from "../../../protocol/messages/metrics.ts";
import type { Inference } from "../../inference/inference.ts";
import type { Settings } from "../../settings/settings.ts";
import { BOARD_PLACES, readBoard } from "../../status/board-metrics.ts";
import { monitorCamera } from "../../status/camera-monitor.ts";
import { type HealthMonitor, monitorHealth } from "../../status/health-monitor.ts";
import { serveHealth } from "../../status/health-socket.ts";
import type { Instrumentation } from "../../status/instrumentation.ts";
import type { Parts } from "../parts.ts";
import type { Context } from "./context.ts";
import type { Credentials } from "./credentials.ts";
import type { Messaging } from "./messaging.ts";
import type { StatusPart } from "./status.ts";

type HealthSettings = Pick<Settings, "deviceId" | "release" | "dataFolder" | "healthSocket">;

/** The parts that health is read from. */
interface HealthSources {
  readonly messaging: Messaging;
  readonly status: StatusPart;
  readonly instrumentation: Instrumentation;
  readonly inference: Pick<Inference, "pack">;
  readonly busy: () => boolean;
  readonly rotation: () => number;
  readonly credentials: Pick<Credentials, "secondsLeft">;
}

/** Watches the camera between verifications, judges the health, and answers on the health socket. */
export async function openHealth(
  settings: HealthSettings,
  { camera, clock }: Pick<Parts, "camera" | "clock">,
  { messaging, status: { deviceStatus }, instrumentation, inference, busy, rotation, credentials }: HealthSources,
  { log, opened }: Context,
): Promise<HealthMonitor> {
  const { publisher, bestEffort, ledger } = messaging;
  opened.use(monitorCamera({ camera, deviceStatus, log, busy }));
  const health = opened.use(
    monitorHealth({
      device: settings.deviceId,
      release: settings.release,
      clock,
      deviceStatus,
      ledger,
      instrumentation,
      log,
      swappable: inference,
      board: async () => ({
        ...(await readBoard({ ...BOARD_PLACES, dataFolder: settings.dataFolder })),
        cameraRotationDegrees: rotation(),
        ...certificateMetric(credentials.secondsLeft(clock.wallMs())),
      }),
      publish: (now) => bestEffort(publisher.health(now)),
    }),
  );
  if (settings.healthSocket) opened.use(await serveHealth(settings.healthSocket, health.now, log));
  return health;
}

function certificateMetric(certificateSecondsLeft: number | undefined): Metrics {
  return certificateSecondsLeft === undefined ? {} : { certificateSecondsLeft };
}
