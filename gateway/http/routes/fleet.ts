import { z } from "zod";
import { HEALTH_STATES } from "../../../protocol/messages/metrics.ts";
import type { Database } from "../../database/database.ts";
import { countFleet, type FleetCamera, findInFleet, listFleet } from "../../register/fleet.ts";
import { HttpProblem } from "../problem.ts";
import { json, type Route, route } from "../route.ts";
import { cameraShown } from "./cameras.ts";
import { cameraAnswer, cameraPath, nextPage, pageQuery } from "./schemas.ts";

const fleetQuery = pageQuery.extend({ needing: z.enum(["true", "false"]).default("false") });

const health = z.object({
  state: z.enum(HEALTH_STATES),
  codes: z.array(z.string()),
  at: z.iso.datetime(),
});
const fleetCamera = cameraAnswer.extend({ needs: z.array(z.string()), health: health.nullable() });
const fleetAnswer = z.object({
  counts: z.object({ cameras: z.number(), needing: z.number() }),
  cameras: z.array(fleetCamera),
  next: z.string().optional(),
});
const detailAnswer = fleetCamera.extend({ metrics: z.record(z.string(), z.number()) });

/** The routes of the fleet, for its operator. */
export function fleetRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/fleet",
      name: "listFleet",
      summary: "Lists the fleet by name, with health and reasons for attention.",
      access: "fleet",
      query: fleetQuery,
      answers: { 200: { what: "A page of the fleet.", type: "application/json", schema: fleetAnswer } },
      async handle({ query: { after, limit, needing } }) {
        const cameras = await listFleet(database, { after, limit, needing: needing === "true" });
        return json(200, {
          counts: await countFleet(database),
          cameras: cameras.map(shown),
          ...nextPage(cameras, limit),
        });
      },
    }),
    route({
      method: "GET",
      path: "/v1/fleet/{camera}",
      name: "getFleetCamera",
      summary: "One camera, with its last health.",
      access: "fleet",
      params: cameraPath,
      answers: { 200: { what: "The camera.", type: "application/json", schema: detailAnswer } },
      async handle({ params }) {
        const camera = await findInFleet(database, params.camera);
        if (!camera) throw new HttpProblem("not_found", `no camera ${params.camera} is known`);
        return json(200, { ...shown(camera), metrics: camera.health?.metrics ?? {} });
      },
    }),
  ];
}

function shown(camera: FleetCamera) {
  const { health, needs } = camera;
  return {
    ...cameraShown(camera),
    needs,
    health: health && { state: health.state, codes: health.codes, at: new Date(health.atMs).toISOString() },
  };
}
