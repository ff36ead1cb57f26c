import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { DECISIONS, REASONS, REFUSALS } from "../../protocol/messages/contract.ts";
import type { Counts, FleetTotals } from "../register/fleet-totals.ts";

/** The gateway's counters for Prometheus. */
export interface Metrics {
  readonly reports: {
    inc(labels: { readonly outcome: "fresh" | "again" | "contested" | "unproven" }, by: number): void;
  };
  readonly receipts: { inc(labels: { readonly outcome: "given" | "failed" }, by: number): void };
  /** Counts the end of a verification, when its report is archived for the first time. */
  verification(decision: string, reason: string, seconds: number): void;
  readonly late: { inc(by: number): void };
  readonly findings: { inc(labels: { readonly kind: string }, by: number): void };
  readonly refusals: { inc(labels: { readonly code: string }): void };
  readonly delayed: { inc(): void };
  readonly webhooks: { inc(labels: { readonly endpoint: string; readonly outcome: "sent" | "failed" }): void };
  readonly deadLetters: { set(value: number): void };
  readonly connected: { set(labels: { readonly connection: string }, value: number): void };
  readonly http: { observe(labels: { readonly route: string; readonly status: string }, seconds: number): void };
  /** The text for Prometheus, and its content type. */
  page(): Promise<{ readonly body: string; readonly type: string }>;
}

/**
 * Makes a separate registry, so that two gateways in one process (in tests) count separately. Counters begin at 0 for every
 * possible label: Prometheus sees no increase in a series that begins at 1, so the first fork of a chain would raise no alert.
 */
export function openMetrics(fleet: FleetTotals): Metrics {
  const registry = new Registry();
  addFleetGauges(registry, fleet);
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labels: Readonly<Record<L, readonly string[]>>) => {
    const labelNames = Object.keys(labels) as L[];
    const made = new Counter({ name: `matchlight_gateway_${name}`, help, labelNames, registers });
    for (const label of labelNames) for (const value of labels[label]) made.inc(labelled(label, value), 0);
    return made;
  };
  return {
    verification: verificationMetrics(registers),
    reports: counter("reports_total", "Received reports, by outcome", {
      outcome: ["fresh", "again", "contested", "unproven"],
    }),
    receipts: counter("receipts_total", "Receipts for reports, sent or failed", {
      outcome: ["given", "failed"],
    }),
    late: counter("late_reports_total", "Reports that arrived after later ones of their chain", {}),
    findings: counter("findings_total", "Gaps, forks and broken links, each counted once", {
      kind: ["gap", "fork", "unlinked"],
    }),
    refusals: counter("refusals_total", "Requests that cameras refused", { code: Object.keys(REFUSALS) }),
    delayed: counter("delayed_total", "How often the database did not store something at once", {}),
    webhooks: new Counter({
      name: "matchlight_gateway_webhooks_total",
      help: "Attempts to send an event to an endpoint",
      labelNames: ["endpoint", "outcome"],
      registers,
    }),
    deadLetters: new Gauge({
      name: "matchlight_gateway_webhooks_dead",
      help: "Events that could not be delivered in all attempts",
      registers,
    }),
    connected: new Gauge({
      name: "matchlight_gateway_broker_connected",
      help: "Whether a connection to the broker exists",
      labelNames: ["connection"],
      registers,
    }),
    http: new Histogram({
      name: "matchlight_gateway_http_seconds",
      help: "How long answers over HTTP took",
      labelNames: ["route", "status"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
    page: async () => ({ body: await registry.metrics(), type: registry.contentType }),
  };
}

function verificationMetrics(registers: Registry[]): Metrics["verification"] {
  const ended = new Counter({
    name: "matchlight_verifications_total",
    help: "Verifications, by how they ended; batches with a report that came again are left out",
    labelNames: ["decision", "reason"],
    registers,
  });
  const took = new Histogram({
    name: "matchlight_verification_seconds",
    help: "From the beginning of a verification to its verdict, in whole seconds",
    labelNames: ["decision"],
    buckets: [1, 2, 3, 5, 8, 12, 20, 60],
    registers,
  });
  for (const decision of DECISIONS) {
    for (const reason of decision === "inconclusive" ? REASONS : [""]) ended.inc({ decision, reason }, 0);
    took.zero({ decision });
  }
  return (decision, reason, seconds) => {
    ended.inc({ decision, reason });
    took.observe({ decision }, seconds);
  };
}

function labelled<L extends string>(label: L, value: string): Partial<Record<L, string>> {
  return { [label]: value } as Partial<Record<L, string>>;
}

/**
 * Adds gauges of the whole fleet, counted at each request of Prometheus. Every gateway gives the same numbers, so a query takes
 * their maximum. If the database does not answer, the gauges are left out: no value is better than an old one.
 */
function addFleetGauges(registry: Registry, { states, faults, certificates }: FleetTotals): void {
  const add = (name: string, help: string, label: string, count: () => Promise<Counts>) => {
    new Gauge({
      name: `matchlight_fleet_${name}`,
      help,
      labelNames: [label],
      registers: [registry],
      async collect() {
        const counts = await count().catch(() => ({}));
        this.reset();
        for (const [value, cameras] of Object.entries(counts)) this.set({ [label]: value }, cameras);
      },
    });
  };
  add("cameras", "Cameras in the register, by state", "state", states);
  add("faults", "Cameras that have a fault or a code of health, by the code", "code", faults);
  add("certificates", "Cameras by when their certificates end", "ends", certificates);
}
