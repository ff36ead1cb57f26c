import { Gauge, type Registry } from "prom-client";
import type { Counts, FleetCounts } from "../register/fleet-counts.ts";

/**
 * Gauges of the whole fleet, counted when Prometheus asks. Each gateway says the same, so a query takes the maximum of
 * all. A database that does not answer leaves the gauges out: no value is better than an old one.
 */
export function addFleetGauges(registry: Registry, { states, faults, certificates }: FleetCounts): void {
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
  add("faults", "Cameras that have a fault, by its code", "code", faults);
  add("certificates", "Cameras by when their certificates end", "ends", certificates);
}
