import { z } from "zod";
import { commandSchema, packSchema } from "../../../protocol/messages/command-contract.ts";
import { FIELDS } from "../../../protocol/messages/contract.ts";
import type { Database } from "../../database/database.ts";
import { advance, judgeRollout } from "../../register/rollouts/advance.ts";
import { levelOf } from "../../register/rollouts/judge.ts";
import {
  CAMERA_STATES,
  countRolloutCameras,
  createRollout,
  findRollout,
  listRolloutCameras,
  listRollouts,
  moveRollout,
  noteCamera,
  ROLLOUT_STATES,
  type Rollout,
} from "../../register/rollouts/rollouts.ts";
import { requireFleet } from "../access.ts";
import { HttpProblem } from "../problem.ts";
import { json, type Route, route } from "../route.ts";
import { limitQuery, nothing, pageQuery } from "./schemas.ts";

const { id, version, hash } = packSchema.shape;
const [configSet] = commandSchema.options;
const change = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pack"), id, version, hash }),
  z.strictObject({ kind: z.literal("settings"), set: configSet.shape.set }),
]);

export const MOST_STAGES = 10;
const plan = {
  what: change,
  shares: z
    .array(z.number().gt(0).max(100))
    .min(1)
    .max(MOST_STAGES)
    .refine((shares) => shares.every((share, i) => share > (shares[i - 1] ?? 0)), "they must ascend")
    .refine((shares) => shares.at(-1) === 100, "the last must be 100"),
  hours: z.number().min(0.0001).max(720),
  least: z.int().min(1).max(100_000),
};
const rolloutBody = z.strictObject(plan);

const rolloutPath = z.object({ rollout: z.uuid() });
const rolloutCameraPath = rolloutPath.extend({ camera: FIELDS.device });
const rolloutCamerasQuery = pageQuery.extend({ due: z.enum(["true", "false"]).default("false") });
const moveBody = z.strictObject({ to: z.enum(["running", "halted", "undoing"]), why: z.string().max(500).optional() });
/** What a camera had before, as a token of the operator: the gateway neither reads nor checks it. */
const before = z
  .string()
  .max(100_000)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/);
const noteBody = z.strictObject({
  state: z.enum(CAMERA_STATES),
  before: before.optional(),
  because: z.string().max(600).optional(),
});

const share = z.object({ bad: z.number(), of: z.number() });
const rolloutAnswer = z.object({
  rollout: z.uuid(),
  ...plan,
  state: z.enum(ROLLOUT_STATES),
  stage: z.number(),
  stageAt: z.iso.datetime(),
  why: z.string().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
});
const rolloutsAnswer = z.object({ rollouts: z.array(rolloutAnswer) });
const judgedAnswer = rolloutAnswer.extend({
  cameras: z.array(z.object({ stage: z.number(), state: z.enum(CAMERA_STATES), cameras: z.number() })),
  /** What a test's chance must be below, to be worse. */
  level: z.number(),
  comparisons: z.array(
    z.object({
      figure: z.string(),
      now: share,
      baseline: share.optional(),
      chance: z.number().optional(),
      worse: z.boolean(),
    }),
  ),
  verdict: z.string(),
});
const rolloutCamerasAnswer = z.object({
  cameras: z.array(
    z.object({
      camera: FIELDS.device,
      stage: z.number(),
      state: z.enum(CAMERA_STATES),
      before: before.nullable(),
      because: z.string().nullable(),
    }),
  ),
  next: z.string().optional(),
});

/** The state of rollouts. The commands to cameras are the operator's: nobody who has only this can change a camera. */
export function rolloutRoutes(database: Database): readonly Route[] {
  return [...listRoutes(database), ...judgedRoutes(database), ...cameraRoutes(database)];
}

const ONE = { 200: { what: "The rollout, judged.", type: "application/json", schema: judgedAnswer } } as const;

function judgedRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/rollouts/{rollout}",
      name: "getRollout",
      summary: "A rollout with its figures, and what follows of them. Wants a token of the whole fleet.",
      open: false,
      params: rolloutPath,
      query: nothing,
      bodyKind: "none",
      body: nothing,
      answers: ONE,
      async handle({ params, subject }) {
        requireFleet(subject);
        return judged(database, await known(database, params.rollout));
      },
    }),
    route({
      method: "POST",
      path: "/v1/rollouts/{rollout}/look",
      name: "lookAtRollout",
      summary: "Judges a rollout if a look is due, which may halt it or begin its next stage.",
      open: false,
      params: rolloutPath,
      query: nothing,
      bodyKind: "none",
      body: nothing,
      answers: ONE,
      async handle({ params, subject }) {
        requireFleet(subject);
        await advance(database, await known(database, params.rollout));
        return judged(database, await known(database, params.rollout));
      },
    }),
    route({
      method: "POST",
      path: "/v1/rollouts/{rollout}/state",
      name: "moveRollout",
      summary: "Halts a rollout, lets it go on, or begins to take it back. Wants a token of the whole fleet.",
      open: false,
      params: rolloutPath,
      query: nothing,
      bodyKind: "json",
      body: moveBody,
      answers: ONE,
      async handle({ params, body, subject }) {
        requireFleet(subject);
        const { state } = await known(database, params.rollout);
        const moved = await moveRollout(database, params.rollout, body.to, body.why ?? null);
        if (moved) return judged(database, moved);
        throw new HttpProblem("rollout_state", `it is ${state}, and does not become ${body.to} from there`);
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
  const said = verdict.kind === "wait" ? `wait for ${verdict.for}` : verdict.kind;
  return json(200, { ...shown(rollout), cameras, level, comparisons, verdict: said });
}

function listRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/rollouts",
      name: "listRollouts",
      summary: "Rollouts, the newest first. Wants a token of the whole fleet.",
      open: false,
      params: nothing,
      query: limitQuery,
      bodyKind: "none",
      body: nothing,
      answers: { 200: { what: "Rollouts.", type: "application/json", schema: rolloutsAnswer } },
      async handle({ query, subject }) {
        requireFleet(subject);
        return json(200, { rollouts: (await listRollouts(database, query.limit)).map(shown) });
      },
    }),
    route({
      method: "POST",
      path: "/v1/rollouts",
      name: "startRollout",
      summary: "Notes a rollout and which camera is in which stage. Nothing is sent by this.",
      open: false,
      params: nothing,
      query: nothing,
      bodyKind: "json",
      body: rolloutBody,
      answers: { 201: { what: "The rollout.", type: "application/json", schema: rolloutAnswer } },
      async handle({ body, subject }) {
        requireFleet(subject);
        const made = await createRollout(database, body, subject.name);
        if (made) return json(201, shown(made));
        throw new HttpProblem("rollout_state", "another rollout is under way: end it, or take it back");
      },
    }),
  ];
}

function cameraRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/rollouts/{rollout}/cameras",
      name: "listRolloutCameras",
      summary:
        "The cameras of a rollout by name; `due`: those that something is to be sent to, and that are connected.",
      open: false,
      params: rolloutPath,
      query: rolloutCamerasQuery,
      bodyKind: "none",
      body: nothing,
      answers: { 200: { what: "A page of cameras.", type: "application/json", schema: rolloutCamerasAnswer } },
      async handle({ params: { rollout }, query: { after, limit, due }, subject }) {
        requireFleet(subject);
        const cameras = await listRolloutCameras(database, rollout, { after, limit, due: due === "true" });
        const next = cameras.length === limit ? { next: cameras.at(-1)?.device } : {};
        return json(200, { cameras: cameras.map(({ device: camera, ...rest }) => ({ camera, ...rest })), ...next });
      },
    }),
    route({
      method: "PUT",
      path: "/v1/rollouts/{rollout}/cameras/{camera}",
      name: "noteRolloutCamera",
      summary: "Notes how a camera of a rollout stands, and once what it had before.",
      open: false,
      params: rolloutCameraPath,
      query: nothing,
      bodyKind: "json",
      body: noteBody,
      answers: { 200: { what: "It is noted.", type: "application/json" } },
      async handle({ params: { rollout, camera: device }, body, subject }) {
        requireFleet(subject);
        const noted = await noteCamera(database, rollout, { device, ...body });
        if (!noted) throw new HttpProblem("rollout_state", `nothing is sent to ${device} now`);
        return json(200, { camera: device, state: body.state });
      },
    }),
  ];
}

function shown({ id: rollout, looks: _, stageAt, createdAt, ...rest }: Rollout) {
  return { rollout, ...rest, stageAt: stageAt.toISOString(), createdAt: createdAt.toISOString() };
}
