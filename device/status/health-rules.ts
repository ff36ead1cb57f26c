import type { HealthState, Metrics } from "../../protocol/messages/metrics.ts";
import { FAULTS, type FaultCode } from "../faults.ts";

/** A part that makes no progress, or that will soon make none. */
interface HealthRule {
  readonly state: Exclude<HealthState, "healthy">;
  /** Whether the process ends because a new start helps. Otherwise it stays up and tries again. */
  readonly restart: boolean;
  readonly meaning: string;
  readonly remedy: string;
  /** Whether the metrics show it. An unknown metric shows nothing. */
  readonly holds: (metrics: Metrics) => boolean;
}

/** Bounds of the healthy state, each with its source. */
const BOUNDS = {
  /** The camera monitor gives up after 3 s. A longer wait is a defect of the monitor. */
  frameWaitSeconds: 6,
  /** A slow board needs half a second for a frame. After 30 s the process ends. */
  inferenceWaitSeconds: 10,
  /** A connected broker acknowledges reports within seconds; so does an archive. */
  outboxAgeSeconds: 600,
  /** A compaction needs a megabyte and twice the live content. */
  diskFullBytes: 4e6,
  diskLowBytes: 100e6,
  /** A Raspberry Pi reduces its clock from 80 °C (raspberrypi.com, "Thermal control"). */
  temperatureCelsius: 80,
  /** Cameras renew at two thirds of a certificate's life; an operator who does it by hand has a week. */
  certificateSeconds: 7 * 86_400,
} as const;

const over = (value: number | undefined, bound: number) => value !== undefined && value > bound;
const under = (value: number | undefined, bound: number) => value !== undefined && value < bound;

/** Health problems that are not faults. docs/HEALTH.md is made from this table. Codes are public and never change. */
export const HEALTH_RULES = {
  frames_missing: {
    state: "unhealthy",
    restart: false,
    meaning: "A verification has waited 6 s for a frame.",
    remedy: "Unplug the camera and plug it in again. The next verification tries it again.",
    holds: ({ frameWaitSeconds }) => over(frameWaitSeconds, BOUNDS.frameWaitSeconds),
  },
  inference_stuck: {
    state: "unhealthy",
    restart: true,
    meaning: "The worker thread has not answered for 10 s.",
    remedy: "Wait: after 30 s the process ends and is started again. If it recurs, roll back to the release before.",
    holds: ({ inferenceWaitSeconds }) => over(inferenceWaitSeconds, BOUNDS.inferenceWaitSeconds),
  },
  outbox_stuck: {
    state: "unhealthy",
    restart: false,
    meaning:
      "The broker is connected, and has not acknowledged a report for 10 minutes, or a promised receipt has not come for as long.",
    remedy:
      "Look at the broker's log and its rules for this device, and at the carrier's archive. Reports are kept and sent later.",
    holds: ({ connected, outboxAgeSeconds }) => connected === 1 && over(outboxAgeSeconds, BOUNDS.outboxAgeSeconds),
  },
  disk_full: {
    state: "unhealthy",
    restart: false,
    meaning: "Less than 4 MB are free at the data folder.",
    remedy: "Free space on the data folder. No accepted request is lost.",
    holds: ({ diskFreeBytes }) => under(diskFreeBytes, BOUNDS.diskFullBytes),
  },
  disk_low: {
    state: "degraded",
    restart: false,
    meaning: "Less than 100 MB are free at the data folder.",
    remedy: "Free space soon.",
    holds: ({ diskFreeBytes = Number.NaN }) =>
      diskFreeBytes >= BOUNDS.diskFullBytes && diskFreeBytes < BOUNDS.diskLowBytes,
  },
  certificate_ends_soon: {
    state: "degraded",
    restart: false,
    meaning: "The camera's client certificate ends in less than a week. After that the broker refuses the camera.",
    remedy: "Let `matchlight fleet renew` run. A camera that was provisioned by hand is provisioned again.",
    holds: ({ certificateSecondsLeft }) => under(certificateSecondsLeft, BOUNDS.certificateSeconds),
  },
  too_hot: {
    state: "degraded",
    restart: false,
    meaning: "The processor is hotter than 80 °C and reduces its clock.",
    remedy: "Improve the air flow, or add a heat sink.",
    holds: ({ temperatureCelsius }) => over(temperatureCelsius, BOUNDS.temperatureCelsius),
  },
  power_low: {
    state: "degraded",
    restart: false,
    meaning: "The power supply is too weak. Cameras fail first.",
    remedy: "Use the power supply of the board's maker, and a short cable.",
    holds: ({ underVoltage }) => underVoltage === 1,
  },
} as const satisfies Readonly<Record<string, HealthRule>>;

export type HealthCode = keyof typeof HEALTH_RULES;

/** Faults of the broker. They do not make the device unhealthy. */
const BROKER_FAULTS: readonly FaultCode[] = ["broker_unreachable", "broker_denied"];
/** Faults that block and whose cause is outside: a new start does not help, and no part is stuck. */
const DEGRADING_FAULTS: readonly FaultCode[] = ["clock_not_set", "unprovisioned"];

interface Judgement {
  readonly state: HealthState;
  readonly codes: readonly (FaultCode | HealthCode)[];
}

/** Computes the health of a device from its faults and metrics. A broker outage does not change it. Pure. */
export function judge(faults: readonly FaultCode[], metrics: Metrics): Judgement {
  const own = faults.filter((code) => !BROKER_FAULTS.includes(code));
  const broken = (Object.keys(HEALTH_RULES) as HealthCode[]).filter((code) => HEALTH_RULES[code].holds(metrics));
  const found = [...broken.filter((code) => code !== "outbox_stuck" || !faults.includes("broker_denied")), ...own];
  const states = found.map(stateOf);
  const state = states.includes("unhealthy") ? "unhealthy" : states.length > 0 ? "degraded" : "healthy";
  return { state, codes: found.sort() };
}

/** The meaning and remedy of a code. */
export function explainCode(code: string): { readonly meaning: string; readonly remedy: string } | undefined {
  return HEALTH_RULES[code as HealthCode] ?? FAULTS[code as FaultCode];
}

/** The health state that one code causes. Pure. */
export function stateOf(code: FaultCode | HealthCode): Exclude<HealthState, "healthy"> {
  if (code in HEALTH_RULES) return HEALTH_RULES[code as HealthCode].state;
  const fault = code as FaultCode;
  return FAULTS[fault].weight === "warns" || DEGRADING_FAULTS.includes(fault) ? "degraded" : "unhealthy";
}
