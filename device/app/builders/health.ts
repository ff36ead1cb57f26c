import type { Metrics } from "../../../protocol/messages/metrics.ts";
import type { Inference } from "../../inference/inference.ts";
import type { Settings } from "../../settings/settings.ts";
import { BOARD_PLACES, readBoard } from "../../status/board-metrics.ts";
import { monitorCamera } from "../../status/camera-monitor.ts";
import { type HealthMonitor, monitorHealth } from "../../status/health-monitor.ts";
import { serveHealth } from "../../status/health-socket.ts";
import type { Instrumentation } from "../../status/instrumentation.ts";
import type { Parts } from "../parts.ts";
import type { Connection } from "./connection.ts";
import type { Context } from "./context.ts";
import type { VerificationPart } from "./verification.ts";

type HealthSettings = Pick<Settings, "deviceId" | "release" | "dataFolder" | "healthSocket">;

/** The parts that the health is measured in. */
interface HealthSources {
  readonly connection: Connection;
  readonly verification: Pick<VerificationPart, "service" | "rotation">;
  readonly instrumentation: Instrumentation;
  readonly inference: Pick<Inference, "pack">;
}

/** Monitors the camera between verifications, judges the health, and answers on the health socket. */
export async function openHealth(
  settings: HealthSettings,
  { camera, clock }: Pick<Parts, "camera" | "clock">,
  { connection, verification, instrumentation, inference }: HealthSources,
  { log, opened }: Context,
): Promise<HealthMonitor> {
  const { publisher, bestEffort, ledger } = connection.messaging;
  const { deviceStatus } = connection.status;
  opened.use(monitorCamera({ camera, deviceStatus, log, busy: verification.service.busy }));
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
        cameraRotationDegrees: verification.rotation(),
        ...certificateMetric(connection.credentials.secondsLeft(clock.wallMs())),
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
