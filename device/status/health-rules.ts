import type { HealthState, Metrics } from "../../protocol/metrics.ts";
import { FAULTS, type FaultCode } from "../faults.ts";

/** A part that makes no progress, or soon will make none. */
interface Ailment {
  readonly state: Exclude<HealthState, "healthy">;
  /** Whether the process ends by itself because a new start helps; otherwise it stays up and goes on trying. */
  readonly restart: boolean;
  readonly meaning: string;
  readonly remedy: string;
  /** Whether it is so, by the metrics. One that is not known is no ailment. */
  readonly holds: (metrics: Metrics) => boolean;
}

/** Bounds of what is well, each with where it comes from. */
const BOUNDS = {
  /** The camera's own watch gives up after 3 s: what waits longer has escaped it. */
  frameWaitSeconds: 6,
  /** A frame takes a slow board half a second; after 30 s the process ends. */
  inferenceWaitSeconds: 10,
  /** A connected broker takes reports within seconds. */
  outboxAgeSeconds: 600,
  /** A journal is written anew beside the old one, a megabyte and twice what is alive; below that it may not be. */
  diskFullBytes: 4e6,
  diskLowBytes: 100e6,
  /** A Raspberry Pi slows itself down from 80 °C (raspberrypi.com, "Thermal control"). */
  temperatureCelsius: 80,
} as const;

const over = (value: number | undefined, bound: number) => value !== undefined && value > bound;
const under = (value: number | undefined, bound: number) => value !== undefined && value < bound;

/** The ailments that no fault tells of; docs/HEALTH.md is held to this table by a test. Codes never change. */
export const AILMENTS = {
  frames_missing: {
    state: "unhealthy",
    restart: false,
    meaning: "A frame has been wanted for 6 s, and none came.",
    remedy: "Unplug the camera and plug it in again; the next verification tries it anew.",
    holds: ({ frameWaitSeconds }) => over(frameWaitSeconds, BOUNDS.frameWaitSeconds),
  },
  inference_stuck: {
    state: "unhealthy",
    restart: true,
    meaning: "The networks have owed an answer for 10 s.",
    remedy: "Wait: after 30 s the process ends and is started anew. If it recurs, roll back to the release before.",
    holds: ({ inferenceWaitSeconds }) => over(inferenceWaitSeconds, BOUNDS.inferenceWaitSeconds),
  },
  outbox_stuck: {
    state: "unhealthy",
    restart: false,
    meaning: "The broker is connected, and a report has not reached it for 10 minutes.",
    remedy: "Look at the broker's log and rules for this device; reports are kept and sent when they can be.",
    holds: ({ connected, outboxAgeSeconds }) => connected === 1 && over(outboxAgeSeconds, BOUNDS.outboxAgeSeconds),
  },
  disk_full: {
    state: "unhealthy",
    restart: false,
    meaning: "Less than 4 MB are free at the data folder.",
    remedy: "Free space on the data folder; nothing that was accepted is lost.",
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
  too_hot: {
    state: "degraded",
    restart: false,
    meaning: "The processor is hotter than 80 °C and slows itself down.",
    remedy: "Give the device air, or a heat sink.",
    holds: ({ temperatureCelsius }) => over(temperatureCelsius, BOUNDS.temperatureCelsius),
  },
  power_low: {
    state: "degraded",
    restart: false,
    meaning: "The power supply is too weak; cameras fail first.",
    remedy: "Use the power supply made for this board, and a short cable.",
    holds: ({ underVoltage }) => underVoltage === 1,
  },
} as const satisfies Readonly<Record<string, Ailment>>;

export type AilmentCode = keyof typeof AILMENTS;

/** Faults that are no ailment of the device: a broker that is away or denies is the broker's. */
const FOREIGN: readonly FaultCode[] = ["broker_unreachable", "broker_denied"];
/** Faults that block, but come from a network that is away: no new start helps, and nothing in the device is stuck. */
const WAITING: readonly FaultCode[] = ["clock_not_set"];

export interface Judgement {
  readonly state: HealthState;
  readonly codes: readonly (FaultCode | AilmentCode)[];
}

/** Judges a device by its faults and metrics: progress, not presence. A broker outage is no ailment. Pure. */
export function judge(faults: readonly FaultCode[], metrics: Metrics): Judgement {
  const own = faults.filter((code) => !FOREIGN.includes(code));
  const ailing = (Object.keys(AILMENTS) as AilmentCode[]).filter((code) => AILMENTS[code].holds(metrics));
  const found = [...ailing.filter((code) => code !== "outbox_stuck" || !faults.includes("broker_denied")), ...own];
  const states = found.map(stateOf);
  const state = states.includes("unhealthy") ? "unhealthy" : states.length > 0 ? "degraded" : "healthy";
  return { state, codes: found.sort() };
}

/** What to tell people about a code. */
export function explainCode(code: string): { readonly meaning: string; readonly remedy: string } | undefined {
  return AILMENTS[code as AilmentCode] ?? FAULTS[code as FaultCode];
}

/** What one code makes of a device. Pure. */
export function stateOf(code: FaultCode | AilmentCode): Exclude<HealthState, "healthy"> {
  if (code in AILMENTS) return AILMENTS[code as AilmentCode].state;
  const fault = code as FaultCode;
  return FAULTS[fault].weight === "warns" || WAITING.includes(fault) ? "degraded" : "unhealthy";
}
