import { CONTRACT_VERSION } from "../../protocol/messages/contract.ts";
import type { Health, Metrics } from "../../protocol/messages/metrics.ts";
import { CAMERA_FAULTS } from "../faults.ts";
import type { Inference } from "../inference/inference.ts";
import type { Ledger } from "../messaging/ledger.ts";
import type { Clock } from "../process/clock.ts";
import type { Log } from "../process/log.ts";
import { repeat } from "../process/repeat.ts";
import { VERSION } from "../process/version.ts";
import type { DeviceStatus } from "./device-status.ts";
import { judge } from "./health-rules.ts";
import type { Instrumentation } from "./instrumentation.ts";

interface HealthParts {
  readonly device: string;
  readonly release: string | undefined;
  readonly clock: Clock;
  readonly deviceStatus: DeviceStatus;
  readonly ledger: Pick<Ledger, "unsent" | "unsentCount">;
  readonly instrumentation: Instrumentation;
  readonly log: Log;
  /** The inference with the pack in force, which can change. */
  readonly swappable: Pick<Inference, "pack">;
  readonly board: () => Promise<Metrics>;
  /** Publishes the health. Without a connection it is published later. */
  readonly publish: (health: Health) => void;
}

export interface HealthMonitor extends AsyncDisposable {
  /** Measures the health now. */
  now(): Promise<Health>;
  /** Publishes the health now. Logs it if the health cannot be measured. Never rejects. */
  publish(): Promise<void>;
}

const CHECK_INTERVAL_MS = 2_000;
const PUBLISH_INTERVAL_MS = 60_000;

/** Measures the health every 2 s. Logs changes. Publishes at each change and once a minute. */
export function monitorHealth(parts: HealthParts): HealthMonitor {
  const now = () => measureHealth(parts);
  let [judged, publishedMs] = ["", Number.NEGATIVE_INFINITY];

  const check = async () => {
    const health = await now();
    const judgement = `${health.state} ${health.codes.join(" ")}`;
    const changed = judgement !== judged && !(judged === "" && health.state === "healthy");
    judged = judgement;
    const { state, codes } = health;
    if (changed) parts.log[state === "healthy" ? "info" : "warn"]({ event: "health_changed", state, codes });
    if (!changed && parts.clock.monotonicMs() - publishedMs < PUBLISH_INTERVAL_MS) return;
    publishedMs = parts.clock.monotonicMs();
    parts.publish(health);
  };
  const unknown = (error: unknown) => parts.log.warn({ event: "health_unknown", reason: String(error) });
  const checks = repeat(CHECK_INTERVAL_MS, () => check().catch(unknown));
  return {
    now,
    publish: () => now().then(parts.publish).catch(unknown),
    [Symbol.asyncDispose]: () => checks[Symbol.asyncDispose](),
  };
}

async function measureHealth(parts: HealthParts): Promise<Health> {
  const { device, release, clock, deviceStatus, ledger, instrumentation, board } = parts;
  const { id, version, hash } = parts.swappable.pack;
  const { faults } = deviceStatus.view();
  const metrics: Metrics = {
    ...instrumentation.metrics(),
    ...statusMetrics(parts),
    ...outboxMetrics(ledger, clock),
    ...(await board()),
  };
  const { state, codes } = judge(faults, metrics);
  const named = release === undefined ? {} : { release };
  return {
    v: CONTRACT_VERSION,
    device,
    state,
    codes: [...codes],
    atMs: clock.wallMs(),
    software: VERSION,
    ...named,
    pack: { id, version, hash },
    metrics,
  };
}

function statusMetrics({ deviceStatus, clock }: HealthParts): Metrics {
  const { connected, faults } = deviceStatus.view();
  const yes = (holds: boolean) => (holds ? 1 : 0);
  return {
    connected: yes(connected === true),
    cameraWorking: yes(!CAMERA_FAULTS.some((code) => faults.includes(code))),
    lightWorking: yes(!faults.includes("light_failed")),
    clockSet: yes(!faults.includes("clock_not_set")),
    clockSynchronised: yes(clock.synchronised()),
  };
}

/** The age by the wall clock, because a report has wall clock time. If the clock was set back, the age is 0. */
function outboxMetrics(ledger: HealthParts["ledger"], clock: Clock): Metrics {
  const [oldest] = ledger.unsent(1);
  const ageMs = oldest ? Math.max(0, clock.wallMs() - oldest.atMs) : 0;
  return { outboxReports: ledger.unsentCount(), outboxAgeSeconds: Math.round(ageMs) / 1000 };
}
