import type { Database } from "../../database/database.ts";
import type { Metrics } from "../../process/metrics.ts";
import { openApi } from "../openapi.ts";
import { json, type Route, route } from "../route.ts";

/** Whether each service that the gateway requires is available, by name. */
export type Readiness = () => Promise<Readonly<Record<"broker" | "database", boolean>>>;

/** Routes for a supervisor, for Prometheus and for authors of clients. They require no token: do not publish them outside. */
export function operationRoutes(metrics: Metrics, ready: Readiness, described: readonly Route[]): readonly Route[] {
  const text = { what: "A page.", type: "text/plain" } as const;
  // Made once, because it takes tens of milliseconds and requires no token.
  const description = json(200, openApi(described));
  return [
    route({
      method: "GET",
      access: "anybody",
      path: "/live",
      name: "live",
      summary: "Whether the process answers.",
      answers: { 200: { what: "The process answers.", type: "application/json" } },
      handle: async () => json(200, { live: true }),
    }),
    route({
      method: "GET",
      access: "anybody",
      path: "/ready",
      name: "ready",
      summary: "Whether broker and database are available.",
      answers: {
        200: { what: "Both are available.", type: "application/json" },
        503: { what: "One is not available.", type: "application/json" },
      },
      async handle() {
        const now = await ready();
        return json(now.broker && now.database ? 200 : 503, now);
      },
    }),
    route({
      method: "GET",
      access: "anybody",
      path: "/metrics",
      name: "metrics",
      summary: "Counters for Prometheus.",
      answers: { 200: text },
      handle: async () => ({ kind: "text", ...(await metrics.page()) }),
    }),
    route({
      method: "GET",
      access: "anybody",
      path: "/openapi.json",
      name: "openapi",
      summary: "This interface, as OpenAPI 3.1 describes it.",
      answers: { 200: { what: "The description.", type: "application/json" } },
      handle: async () => description,
    }),
  ];
}

/** Whether the database answers. */
export async function answers(database: Database): Promise<boolean> {
  return database.query("select 1").then(
    () => true,
    () => false,
  );
}
