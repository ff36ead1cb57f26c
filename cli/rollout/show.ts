import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";
import { oneLine } from "../console/visible.ts";
import type { JudgedAnswer, RolloutAnswer, RolloutCameraAnswer } from "./gateway.ts";
import { pictureOf } from "./picture.ts";

/** The change of a rollout in a few words. */
export function whatOf({ what }: Pick<RolloutAnswer, "what">): string {
  if (what.kind === "pack") return `${what.id} ${what.version} ${what.hash.slice(0, 8)}`;
  return Object.entries(what.set)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** The line of a round. */
export function lineOf(rollout: JudgedAnswer): string {
  const { state, stage, shares, cameras, verdict, why, comparisons } = rollout;
  const upTo = cameras.filter((one) => one.stage <= stage);
  const count = (of: readonly { readonly cameras: number }[]) => of.reduce((sum, one) => sum + one.cameras, 0);
  const done = count(upTo.filter((one) => one.state === "done"));
  const failed = count(cameras.filter((one) => one.state === "failed"));
  const seen = comparisons.find(({ figure }) => figure === "inconclusive")?.now.of ?? 0;
  const parts = [
    `${pictureOf(rollout)}  ${state}, stage ${stage} of ${shares.length} (${shares[stage - 1]} %)`,
    `${done} of ${count(upTo)} cameras have it${failed > 0 ? `, ${failed} refused it` : ""}`,
    `${seen} verifications`,
    ...(state === "running" ? [verdict.replaceAll("_", " ")] : []),
    ...(why ? [why.replaceAll("_", " ")] : []),
  ];
  return oneLine(parts.join("; "));
}

/** Prints a rollout: its state, its stages, and its figures against the baseline. */
export function printRollout(rollout: JudgedAnswer, failed: readonly RolloutCameraAnswer[]): void {
  print(`rollout  ${rollout.rollout}`);
  print(`change   ${whatOf(rollout)}`);
  print(`state    ${lineOf(rollout)}`);
  print(`begun    ${rollout.createdAt} by ${rollout.createdBy}; this stage ${rollout.stageAt}`);
  print(`stages   ${rollout.hours} h and ${rollout.least} verifications each at least`);
  const states = ["pending", "sent", "done", "failed", "undone"] as const;
  const cell = (stage: number, state: string) =>
    String(rollout.cameras.find((one) => one.stage === stage && one.state === state)?.cameras ?? 0);
  printTable(
    ["stage", "share", ...states],
    rollout.shares.map((share, i) => [
      `${i + 1}${i + 1 === rollout.stage ? " now" : ""}`,
      `${share} %`,
      ...states.map((state) => cell(i + 1, state)),
    ]),
  );
  printTable(
    ["figure", "now", "baseline", "by chance", "verdict"],
    rollout.comparisons.map(({ figure, now, baseline, chance, worse }) => [
      figure.replaceAll("_", " "),
      shareOf(now),
      baseline ? shareOf(baseline) : "-",
      chance === undefined ? "-" : chanceOf(chance),
      worse ? "WORSE" : "",
    ]),
  );
  print(`Worse means: chance below ${rollout.level.toFixed(4)}, and a rise of 2 percentage points or more.`);
  for (const { camera, because } of failed) print(oneLine(`${camera}: ${because}`));
}

/** Each worse figure with its baseline. */
export function worseOf({ comparisons }: JudgedAnswer): readonly string[] {
  return comparisons
    .filter(({ worse }) => worse)
    .map(({ figure, now, baseline, chance }) => {
      const than = baseline ? `; baseline ${shareOf(baseline)}` : "";
      const by = chance === undefined ? "" : `; by chance ${chanceOf(chance)}`;
      return `worse: ${figure.replaceAll("_", " ")} ${shareOf(now)}${than}${by}`;
    });
}

function chanceOf(chance: number): string {
  return chance < 0.0001 ? "< 0.0001" : chance.toFixed(4);
}

function shareOf({ bad, of }: { readonly bad: number; readonly of: number }): string {
  return `${bad} of ${of}${of > 0 ? ` (${((bad / of) * 100).toFixed(1)} %)` : ""}`;
}
