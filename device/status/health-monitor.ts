import { setTimeout as sleep } from "node:timers/promises";
import { CONTRACT_VERSION } from "../../protocol/contract.ts";
import type { Health, Metrics } from "../../protocol/metrics.ts";
import { CAMERA_FAULTS } from "../faults.ts";
import type { Inference } from "../inference/inference.ts";
import type { Ledger } from "../messaging/ledger.ts";
import { becauseOf, type PackChoice } from "../packs/pack-choice.ts";
import type { Clock } from "../process/clock.ts";
import type { Log } from "../process/log.ts";
import { VERSION } from "../process/version.ts";
import type { DeviceStatus } from "./device-status.ts";
import { judge } from "./health-rules.ts";
import type { Instrumentation } from "./instrumentation.ts";

export interface HealthParts {
  readonly device: string;
  readonly release: string | undefined;
  readonly clock: Clock;
  readonly deviceStatus: DeviceStatus;
  readonly ledger: Pick<Ledger, "unsent" | "unsentCount">;
  readonly instrumentation: Instrumentation;
  readonly log: Log;
  /** Holds the pack in force, which an operator may exchange: it is asked each time. */
  readonly swappable: Pick<Inference, "pack">;
  /** How the pack of the start was chosen, where the settings leave that to the device. */
  readonly choice: PackChoice | undefined;
  readonly board: () => Promise<Metrics>;
  /** Tells the carrier; what is told while there is no connection is told again when there is one. */
  readonly publish: (health: Health) => void;
}

export interface HealthMonitor extends AsyncDisposable {
  /** Judges now. */
  now(): Promise<Health>;
  /** Judges now and tells the carrier; where it cannot be judged, the log. Never rejects. */
  tell(): Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
const TELL_EVERY_MS = 60_000;

/** Judges every now and then; tells the log when the judgement changes, the carrier then and once a minute. */
export function monitorHealth(parts: HealthParts): HealthMonitor {
  const stop = new AbortController();
  const now = () => examine(parts);
  let [judged, toldMs] = ["", Number.NEGATIVE_INFINITY];

  const look = async () => {
    const health = await now();
    const judgement = `${health.state} ${health.codes.join(" ")}`;
    const changed = judgement !== judged && !(judged === "" && health.state === "healthy");
    judged = judgement;
    const { state, codes } = health;
    if (changed) parts.log[state === "healthy" ? "info" : "warn"]({ event: "health_changed", state, codes });
    if (!changed && parts.clock.monotonicMs() - toldMs < TELL_EVERY_MS) return;
    toldMs = parts.clock.monotonicMs();
    parts.publish(health);
  };
  const unknown = (error: unknown) => parts.log.warn({ event: "health_unknown", reason: String(error) });
  const watch = async () => {
    while (!stop.signal.aborted) {
      await look().catch(unknown);
      await sleep(LOOK_EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const watching = watch();
  return {
    now,
    tell: () => now().then(parts.publish).catch(unknown),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}

async function examine(parts: HealthParts): Promise<Health> {
  const { device, release, clock, deviceStatus, ledger, instrumentation, board } = parts;
  const { faults } = deviceStatus.view();
  const metrics: Metrics = {
    ...instrumentation.metrics(),
    ...tellOf(parts),
    ...waiting(ledger, clock),
    ...(await board()),
  };
  const { state, codes } = judge(faults, metrics);
  const named = release === undefined ? {} : { release };
  return {
    ...{ v: CONTRACT_VERSION, device, state, codes: [...codes], atMs: clock.wallMs(), software: VERSION },
    ...named,
    pack: packOf(parts),
    metrics,
  };
}

/** A reason that was read from the disk may be longer than the contract allows, so it is cut. */
function packOf({ swappable, choice }: HealthParts): NonNullable<Health["pack"]> {
  const { id, version, hash } = swappable.pack;
  const because = becauseOf(hash, choice);
  return { id, version, hash, ...(because === undefined ? {} : { because: because.slice(0, 500) }) };
}

function tellOf({ deviceStatus, clock }: HealthParts): Metrics {
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

/** Age by the wall clock, which is what a report carries: one set back since then counts as no age. */
function waiting(ledger: HealthParts["ledger"], clock: Clock): Metrics {
  const [oldest] = ledger.unsent(1);
  const ageMs = oldest ? Math.max(0, clock.wallMs() - oldest.atMs) : 0;
  return { outboxReports: ledger.unsentCount(), outboxAgeSeconds: Math.round(ageMs) / 1000 };
}
