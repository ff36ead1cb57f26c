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

/** The cameras that a token shows, in pages. */
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

/** Puts a camera into the register. Only a token of the whole fleet may. */
function registerRoute(database: Database): Route {
  return route({
    method: "PUT",
    path: "/v1/cameras/{camera}",
    name: "registerCamera",
    summary: "Registers a camera, or changes its shop, pin or certificate's end.",
    access: "fleet",
    params: cameraPath,
    bodyKind: "json",
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

/** One camera that a token shows. */
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

/** The public keys of a camera, for who verifies its reports without the gateway. */
function keysRoute(database: Database): Route {
  return route({
    method: "GET",
    path: "/v1/cameras/{camera}/keys",
    name: "getCameraKeys",
    summary: "The keys that the camera's reports are signed with, as a JWK Set: the present one, then former ones.",
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

/** A camera that is out of scope is like one that is not there. Throws HttpProblem. */
async function requireCamera(database: Database, { filter }: Subject, name: string): Promise<Camera> {
  const camera = await findCamera(database, name);
  if (camera && shows(filter, name, camera.shop)) return camera;
  throw new HttpProblem("not_found", `no camera ${name} is in the token's scope`);
}

/** A camera as every token that shows it may see it. Pure. */
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
