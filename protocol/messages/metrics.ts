import { z } from "zod";
import { CONTRACT_VERSION } from "./contract.ts";

/** A gauge goes up and down. A counter only goes up, and starts at 0 with the process. */
export interface Metric {
  readonly kind: "gauge" | "counter";
  readonly sentence: string;
}

/**
 * Every metric of a camera, in base units (seconds, bytes, degrees Celsius; yes is 1, no is 0). A metric that a machine does
 * not have is left out. docs/HEALTH.md is generated from this table.
 */
export const METRICS = {
  uptimeSeconds: { kind: "gauge", sentence: "How long the process has run." },
  residentBytes: { kind: "gauge", sentence: "Memory of the process." },
  verificationsTotal: { kind: "counter", sentence: "Verifications started." },
  refusalsTotal: { kind: "counter", sentence: "Requests refused." },
  framesTotal: { kind: "counter", sentence: "Frames that the camera delivered." },
  frameAgeSeconds: { kind: "gauge", sentence: "Time since the last frame; left out before the first." },
  frameWaitSeconds: {
    kind: "gauge",
    sentence: "How long a verification has waited for a frame; 0 when none waits.",
  },
  inferenceSeconds: { kind: "gauge", sentence: "Computing time of the last frame." },
  inferenceAgeSeconds: {
    kind: "gauge",
    sentence: "Time since the worker thread last answered; left out before the first answer.",
  },
  inferenceWaitSeconds: {
    kind: "gauge",
    sentence: "How long the device has waited for the worker thread; 0 when it does not wait.",
  },
  outboxReports: {
    kind: "gauge",
    sentence: "Reports that the broker has not acknowledged, or for which a promised receipt has not come.",
  },
  outboxAgeSeconds: { kind: "gauge", sentence: "Age of the oldest report in the outbox; 0 when there is none." },
  connected: { kind: "gauge", sentence: "Whether the broker is connected." },
  cameraWorking: { kind: "gauge", sentence: "Whether the camera has no fault." },
  cameraRotationDegrees: { kind: "gauge", sentence: "How far the camera's frames are turned, clockwise." },
  lightWorking: { kind: "gauge", sentence: "Whether the light can be set." },
  certificateSecondsLeft: {
    kind: "gauge",
    sentence: "Until the camera's client certificate ends; left out without one.",
  },
  clockSet: { kind: "gauge", sentence: "Whether the device trusts the clock." },
  clockSynchronised: { kind: "gauge", sentence: "Whether a time service has set the clock." },
  diskFreeBytes: { kind: "gauge", sentence: "Free space at the data folder." },
  temperatureCelsius: { kind: "gauge", sentence: "The processor's temperature." },
  underVoltage: { kind: "gauge", sentence: "Whether the power supply is too weak now (Raspberry Pi)." },
  throttled: {
    kind: "gauge",
    sentence: "Whether heat or weak power reduces the clock now (Raspberry Pi).",
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];
const metrics = Object.fromEntries(METRIC_NAMES.map((name) => [name, z.number().optional()])) as Record<
  MetricName,
  z.ZodOptional<z.ZodNumber>
>;

/** `healthy`; `degraded`: the camera serves and needs attention; `unhealthy`: a part of it is stuck or fails. */
export const HEALTH_STATES = ["healthy", "degraded", "unhealthy"] as const;

/** Retained: whether the device makes progress where it should. `codes` are those of docs/HEALTH.md and docs/FAULTS.md. */
export const healthSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  device: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9._-]+$/),
  state: z.enum(HEALTH_STATES),
  codes: z.array(z.string()),
  /** The time of the judgement, in milliseconds since 1970 by the device's clock. A date of JavaScript holds no larger number. */
  atMs: z.number().min(0).max(8_640_000_000_000_000),
  software: z.string(),
  /** The running release, if the fleet names its releases. */
  release: z.string().max(200).optional(),
  /** The model pack in force. A device that could not start leaves it out. */
  pack: z
    .object({
      id: z.string(),
      version: z.string(),
      hash: z.string(),
    })
    .optional(),
  metrics: z.object(metrics),
});

export type Health = Readonly<z.infer<typeof healthSchema>>;
export type HealthState = (typeof HEALTH_STATES)[number];
