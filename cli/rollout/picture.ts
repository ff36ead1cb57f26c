import type { RolloutCameraState } from "../../gateway/register/rollouts/rollouts.ts";
import type { JudgedAnswer } from "./gateway.ts";

const MARKS: Readonly<Record<RolloutCameraState, string>> = {
  failed: "✕",
  done: "●",
  sent: "◐",
  pending: "○",
  undone: "↺",
};

/** The legend of the marks. */
export const LEGEND = "○ waits, ◐ is sent to, ● has it, ✕ refused it, ↺ taken back; | between stages";

/** The most marks; a larger fleet is drawn in proportion. */
const MOST_MARKS = 40;

/**
 * Draws the fleet as a row of marks, one for each camera, by stages. Every state that a camera has gets at least one mark. Pure.
 */
export function pictureOf({ shares, cameras }: Pick<JudgedAnswer, "shares" | "cameras">): string {
  const all = cameras.reduce((sum, one) => sum + one.cameras, 0);
  const stages = shares.map((_, i) => cameras.filter(({ stage }) => stage === i + 1));
  return stages.map((stage) => marksOf(stage, Math.max(1, all / MOST_MARKS))).join("|");
}

function marksOf(stage: JudgedAnswer["cameras"], camerasPerMark: number): string {
  const states = (Object.keys(MARKS) as RolloutCameraState[]).map((state) => ({
    mark: MARKS[state],
    cameras: stage.find((one) => one.state === state)?.cameras ?? 0,
  }));
  return states.map(({ mark, cameras }) => mark.repeat(Math.ceil(cameras / camerasPerMark))).join("");
}
