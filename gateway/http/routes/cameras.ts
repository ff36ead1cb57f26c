import type { Database } from "../../database/database.ts";
import { type Camera, findCamera, listCameras, registerCameras } from "../../register/register.ts";
import { type Subject, shows } from "../access.ts";
import { HttpProblem } from "../problem.ts";
import { json, type Route, route } from "../route.ts";
import {
  cameraAnswer,
  cameraPath,
  camerasAnswer,
  keysAnswer,
  nextPage,
  pageQuery,
  registrationBody,
} from "./schemas.ts";

/** The register of cameras. */
export function cameraRoutes(database: Database): readonly Route[] {
  return [listRoute(database), registerRoute(database), cameraRoute(database), keysRoute(database)];
}

/** Lists the cameras in the token's scope, in pages. */
function listRoute(database: Database): Route {
  return route({
    method: "GET",
    path: "/v1/cameras",
    name: "listCameras",
    summary: "The cameras in the token's scope, by name. `next` is the `after` of the next page.",
    access: "token",
    query: pageQuery,
    answers: { 200: { what: "A page of cameras.", type: "application/json", schema: camerasAnswer } },
    async handle({ query, subject: { filter } }) {
      const cameras = await listCameras(database, filter, query);
      return json(200, { cameras: cameras.map(cameraShown), ...nextPage(cameras, query.limit) });
    },
  });
}

/** Registers a camera. */
function registerRoute(database: Database): Route {
  return route({
    method: "PUT",
    path: "/v1/cameras/{camera}",
    name: "registerCamera",
    summary: "Registers a camera, or changes its shop, pin or certificate's end.",
    access: "fleet",
    params: cameraPath,
    body: registrationBody,
    answers: { 200: { what: "The camera.", type: "application/json", schema: cameraAnswer } },
    async handle({ params: { camera: device }, body }) {
      await registerCameras(database, [{ device, ...body }]);
      const camera = await findCamera(database, device);
      if (!camera) throw new HttpProblem("failed", "the camera was not registered");
      return json(200, cameraShown(camera));
    },
  });
}

/** One camera in the token's scope. */
function cameraRoute(database: Database): Route {
  return route({
    method: "GET",
    path: "/v1/cameras/{camera}",
    name: "getCamera",
    summary: "One camera.",
    access: "token",
    params: cameraPath,
    answers: { 200: { what: "The camera.", type: "application/json", schema: cameraAnswer } },
    handle: async ({ params, subject }) =>
      json(200, cameraShown(await requireCamera(database, subject, params.camera))),
  });
}

/** The public keys of a camera, to verify its reports without the gateway. */
function keysRoute(database: Database): Route {
  return route({
    method: "GET",
    path: "/v1/cameras/{camera}/keys",
    name: "getCameraKeys",
    summary: "The public keys of the camera's reports, as a JWK Set: the present key, then earlier ones.",
    access: "token",
    params: cameraPath,
    answers: { 200: { what: "The public keys.", type: "application/json", schema: keysAnswer } },
    async handle({ params: { camera }, subject }) {
      const { identity } = await requireCamera(database, subject, camera);
      if (!identity) throw new HttpProblem("camera_unknown", `no identity of the camera ${camera} is known`);
      return json(200, { keys: [identity.signing, ...(identity.retired ?? [])] });
    },
  });
}

/** Finds a camera in the token's scope. A camera out of scope is `not_found`, too. Throws HttpProblem. */
async function requireCamera(database: Database, { filter }: Subject, name: string): Promise<Camera> {
  const camera = await findCamera(database, name);
  if (camera && shows(filter, name, camera.shop)) return camera;
  throw new HttpProblem("not_found", `no camera ${name} is in the token's scope`);
}

/** The data of a camera for every token whose scope includes it. Pure. */
export function cameraShown({ device: camera, shop, pin, identity, status, seenAt, certificateEnds }: Camera) {
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
