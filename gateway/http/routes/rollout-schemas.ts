import { z } from "zod";
import { commandSchema, packSchema } from "../../../protocol/messages/command-contract.ts";
import { FIELDS } from "../../../protocol/messages/contract.ts";
import { CAMERA_STATES, ROLLOUT_STATES } from "../../register/rollouts/rollouts.ts";
import { pageQuery } from "./schemas.ts";

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
    .refine((shares) => shares.every((share, i) => share > (shares[i - 1] ?? 0)), "the shares must ascend")
    .refine((shares) => shares.at(-1) === 100, "the last share must be 100"),
  hours: z.number().min(0.0001).max(720),
  least: z.int().min(1).max(100_000),
};
export const rolloutBody = z.strictObject(plan);

export const rolloutPath = z.object({ rollout: z.uuid() });
export const rolloutCameraPath = rolloutPath.extend({ camera: FIELDS.device });
export const rolloutCamerasQuery = pageQuery.extend({ due: z.enum(["true", "false"]).default("false") });
export const moveBody = z.strictObject({
  to: z.enum(["running", "halted", "undoing"]),
  why: z.string().max(500).optional(),
});
/** The state of a camera before the change, as a token of the operator. The gateway does not read or check it. */
const before = z
  .string()
  .max(100_000)
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/);
export const noteBody = z.strictObject({
  state: z.enum(CAMERA_STATES),
  before: before.optional(),
  because: z.string().max(600).optional(),
});

const share = z.object({ bad: z.number(), of: z.number() });
export const rolloutAnswer = z.object({
  rollout: z.uuid(),
  ...plan,
  state: z.enum(ROLLOUT_STATES),
  stage: z.number(),
  stageAt: z.iso.datetime(),
  why: z.string().nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
});
export const rolloutsAnswer = z.object({ rollouts: z.array(rolloutAnswer) });
export const judgedAnswer = rolloutAnswer.extend({
  cameras: z.array(z.object({ stage: z.number(), state: z.enum(CAMERA_STATES), cameras: z.number() })),
  /** A figure is worse when the chance of its test is below this level. */
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
export const rolloutCamerasAnswer = z.object({
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
