import type { Database } from "../../database/database.ts";
import { readFigures } from "./figures.ts";
import { type Comparison, judge } from "./judge.ts";
import { countRolloutCameras, type Rollout, type Step, stepRollout } from "./rollouts.ts";
import { decide, type Verdict } from "./stage.ts";

/** The figures of a rollout, compared, and the verdict on them. */
export interface Judged {
  readonly comparisons: readonly Comparison[];
  readonly verdict: Verdict;
}

export async function judgeRollout(database: Database, rollout: Rollout): Promise<Judged> {
  const { shares, least, stageAt, hours, looks } = rollout;
  const figures = await readFigures(database, rollout);
  const comparisons = judge(figures, { stages: shares.length, least });
  const verifications = figures.verifications.inconclusive.stage.after.of;
  const sinceMs = Date.now() - stageAt.getTime();
  return {
    comparisons,
    verdict: decide({ sinceMs, stageMs: hours * 3_600_000, verifications, least, looks }, comparisons),
  };
}

/** Takes the look that is due, if any: it may begin the next stage, halt the rollout, or end a roll-back. */
export async function advance(database: Database, rollout: Rollout): Promise<void> {
  const step = await stepOf(database, rollout);
  if (step) await stepRollout(database, rollout, step);
}

async function stepOf(database: Database, rollout: Rollout): Promise<Step | undefined> {
  const { state, stage, shares, id } = rollout;
  if (state === "undoing") {
    const counts = await countRolloutCameras(database, id);
    return counts.some((one) => one.state === "sent" || one.state === "done") ? undefined : { state: "undone" };
  }
  if (state !== "running") return undefined;
  const { verdict } = await judgeRollout(database, rollout);
  switch (verdict.kind) {
    case "halt":
      return { state: "halted", why: `worse: ${verdict.worse.map(({ figure }) => figure).join(", ")}` };
    case "next":
      return stage < shares.length ? { state: "running", stage: stage + 1, looks: 0 } : { state: "done" };
    case "look":
      return { state: "running", stage, looks: verdict.looks };
    case "wait":
      return undefined;
  }
}
