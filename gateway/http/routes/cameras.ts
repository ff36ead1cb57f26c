import type { Database } from "../../database/database.ts";
import { type Camera, findCamera, listCameras, registerCameras } from "../../register/register.ts";
import { HttpProblem } from "../problem.ts";
import { json, type Route, route } from "../route.ts";
import { cameraAnswer, cameraPath, camerasAnswer, nothing, pageQuery, registrationBody } from "./schemas.ts";

/** The register of cameras. */
export function cameraRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/cameras",
      name: "listCameras",
      summary: "The cameras in the token's scope, by name. `next` is the `after` of the next page.",
      open: false,
      params: nothing,
      query: pageQuery,
      bodyKind: "none",
      body: nothing,
      answers: { 200: { what: "A page of cameras.", type: "application/json", schema: camerasAnswer } },
      async handle({ query, subject: { filter } }) {
        const cameras = await listCameras(database, filter, query);
        const next = cameras.length === query.limit ? { next: cameras.at(-1)?.device } : {};
        return json(200, { cameras: cameras.map(shown), ...next });
      },
    }),
    route({
      method: "PUT",
      path: "/v1/cameras/{camera}",
      name: "registerCamera",
      summary: "Registers a camera, or changes its shop, pin or certificate's end. Wants a token of the whole fleet.",
      open: false,
      params: cameraPath,
      query: nothing,
      bodyKind: "json",
      body: registrationBody,
      answers: { 200: { what: "The camera.", type: "application/json", schema: cameraAnswer } },
      async handle({ params: { camera: device }, body, subject: { filter } }) {
        if (!filter.fleet) throw new HttpProblem("not_allowed", "registering wants the scope fleet");
        await registerCameras(database, [{ device, ...body }]);
        const camera = await findCamera(database, device);
        if (!camera) throw new HttpProblem("failed", "the camera was not registered");
        return json(200, shown(camera));
      },
    }),
  ];
}

function shown({ device: camera, shop, pin, identity, status, seenAt, certificateEnds }: Camera) {
  return {
    camera,
    shop,
    state: status?.state ?? "unknown",
    faults: status?.faults ?? [],
    software: identity?.software ?? null,
    release: identity?.release ?? null,
    pack: identity?.pack ?? null,
    pin,
    seenAt: seenAt?.toISOString() ?? null,
    certificateEnds: certificateEnds?.toISOString() ?? null,
  };
}
