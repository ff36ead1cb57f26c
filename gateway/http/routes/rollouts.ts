import type { Database } from "../../database/database.ts";
import { advance, judgeRollout } from "../../register/rollouts/advance.ts";
import { levelOf } from "../../register/rollouts/judge.ts";
import {
  countRolloutCameras,
  createRollout,
  findRollout,
  listRolloutCameras,
  listRollouts,
  moveRollout,
  noteCamera,
  type Rollout,
} from "../../register/rollouts/rollouts.ts";
import { HttpProblem } from "../problem.ts";
import { json, type Route, route } from "../route.ts";
import {
  judgedAnswer,
  moveBody,
  noteBody,
  rolloutAnswer,
  rolloutBody,
  rolloutCameraPath,
  rolloutCamerasAnswer,
  rolloutCamerasQuery,
  rolloutPath,
  rolloutsAnswer,
} from "./rollout-schemas.ts";
import { limitQuery, nextPage } from "./schemas.ts";

/** The state of rollouts. Only the operator sends commands to cameras: these routes cannot change a camera. */
export function rolloutRoutes(database: Database): readonly Route[] {
  return [...listRoutes(database), ...judgedRoutes(database), ...cameraRoutes(database)];
}

function listRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/rollouts",
      name: "listRollouts",
      summary: "Lists rollouts, the newest first.",
      access: "fleet",
      query: limitQuery,
      answers: { 200: { what: "Rollouts.", type: "application/json", schema: rolloutsAnswer } },
      async handle({ query }) {
        return json(200, { rollouts: (await listRollouts(database, query.limit)).map(shown) });
      },
    }),
    route({
      method: "POST",
      path: "/v1/rollouts",
      name: "startRollout",
      summary: "Creates a rollout and assigns each camera to a stage. It sends nothing to cameras.",
      access: "fleet",
      body: rolloutBody,
      answers: { 201: { what: "The rollout.", type: "application/json", schema: rolloutAnswer } },
      async handle({ body, subject }) {
        const made = await createRollout(database, body, subject.name);
        if (made) return json(201, shown(made));
        throw new HttpProblem("rollout_state", "another rollout is under way: finish it or roll it back first");
      },
    }),
  ];
}

const JUDGED = { 200: { what: "The rollout, judged.", type: "application/json", schema: judgedAnswer } } as const;

function judgedRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/rollouts/{rollout}",
      name: "getRollout",
      summary: "Returns a rollout with its figures and the verdict on them.",
      access: "fleet",
      params: rolloutPath,
      answers: JUDGED,
      async handle({ params }) {
        return judged(database, await known(database, params.rollout));
      },
    }),
    route({
      method: "POST",
      path: "/v1/rollouts/{rollout}/look",
      name: "lookAtRollout",
      summary: "Judges a rollout if a look is due. The look may halt the rollout or begin its next stage.",
      access: "fleet",
      params: rolloutPath,
      answers: JUDGED,
      async handle({ params }) {
        await advance(database, await known(database, params.rollout));
        return judged(database, await known(database, params.rollout));
      },
    }),
    route({
      method: "POST",
      path: "/v1/rollouts/{rollout}/state",
      name: "moveRollout",
      summary: "Halts a rollout, resumes it, or begins its roll-back.",
      access: "fleet",
      params: rolloutPath,
      body: moveBody,
      answers: JUDGED,
      async handle({ params, body }) {
        const { state } = await known(database, params.rollout);
        const moved = await moveRollout(database, params.rollout, body.to, body.why ?? null);
        if (moved) return judged(database, moved);
        throw new HttpProblem("rollout_state", `the rollout is ${state} and cannot become ${body.to}`);
      },
    }),
  ];
}

/** Throws HttpProblem. */
async function known(database: Database, id: string): Promise<Rollout> {
  const rollout = await findRollout(database, id);
  if (!rollout) throw new HttpProblem("not_found", "there is no such rollout");
  return rollout;
}

async function judged(database: Database, rollout: Rollout) {
  const { comparisons, verdict } = await judgeRollout(database, rollout);
  const cameras = await countRolloutCameras(database, rollout.id);
  const level = levelOf({ stages: rollout.shares.length, least: rollout.least });
  const verdictText = verdict.kind === "wait" ? `wait for ${verdict.for}` : verdict.kind;
  return json(200, { ...shown(rollout), cameras, level, comparisons, verdict: verdictText });
}

function cameraRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/rollouts/{rollout}/cameras",
      name: "listRolloutCameras",
      summary: "Lists the cameras of a rollout by name; with `due`, only connected cameras that wait for a command.",
      access: "fleet",
      params: rolloutPath,
      query: rolloutCamerasQuery,
      answers: { 200: { what: "A page of cameras.", type: "application/json", schema: rolloutCamerasAnswer } },
      async handle({ params: { rollout }, query: { after, limit, due } }) {
        const cameras = await listRolloutCameras(database, rollout, { after, limit, due: due === "true" });
        return json(200, {
          cameras: cameras.map(({ device: camera, ...rest }) => ({ camera, ...rest })),
          ...nextPage(cameras, limit),
        });
      },
    }),
    route({
      method: "PUT",
      path: "/v1/rollouts/{rollout}/cameras/{camera}",
      name: "noteRolloutCamera",
      summary: "Notes the state of a camera in a rollout. The camera's earlier state is noted once.",
      access: "fleet",
      params: rolloutCameraPath,
      body: noteBody,
      answers: { 200: { what: "The state is noted.", type: "application/json" } },
      async handle({ params: { rollout, camera: device }, body }) {
        const noted = await noteCamera(database, rollout, { device, ...body });
        if (!noted) throw new HttpProblem("rollout_state", `the rollout does not send to ${device} now`);
        return json(200, { camera: device, state: body.state });
      },
    }),
  ];
}

function shown({ id: rollout, looks: _, stageAt, createdAt, ...rest }: Rollout) {
  return { rollout, ...rest, stageAt: stageAt.toISOString(), createdAt: createdAt.toISOString() };
}
