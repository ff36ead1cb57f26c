import { seconds } from "./acts/enrolment.ts";
import type { RolledBack } from "./acts/rollout.ts";
import type { Played } from "./trial.ts";

export interface Figures {
  readonly steps: number;
  readonly wrong: number;
  readonly cameras: number;
  /** Cameras with a verified customer, each after one approval. */
  readonly letIn: number;
  readonly toFirstCustomerMs: Spread;
  readonly toCodeMs: Spread;
  readonly approvalMs: Spread;
  readonly renewed: number;
  readonly servedMeanwhile: number;
  readonly notServed: number;
  readonly worsePack: RolledBack | undefined;
}

interface Spread {
  readonly median: number;
  readonly most: number;
}

/** The measurements, also as text. Pure. */
export function summaryOf(
  { steps, letIn, renewals, rolledBack, firstLifeSeconds }: Played,
  cameras: number,
): { readonly figures: Figures; readonly lines: readonly string[] } {
  const wrong = steps.filter(({ asExpected }) => !asExpected).length;
  const figures: Figures = {
    steps: steps.length,
    wrong,
    cameras,
    letIn: letIn.length,
    toFirstCustomerMs: spreadOf(letIn.map(({ toFirstCustomerMs }) => toFirstCustomerMs)),
    toCodeMs: spreadOf(letIn.map(({ toCodeMs }) => toCodeMs)),
    approvalMs: spreadOf(letIn.map(({ approvalMs }) => approvalMs)),
    renewed: renewals.renewed,
    servedMeanwhile: renewals.served,
    notServed: renewals.notServed.length,
    worsePack: rolledBack,
  };
  const { toFirstCustomerMs: first, toCodeMs: code, approvalMs: approval } = figures;
  return {
    figures,
    lines: [
      "",
      `cameras let in            ${letIn.length} of ${cameras}: one approval each, no shell at any`,
      `power-on to first customer ${inWords(first)}`,
      `  until the code is shown  ${inWords(code)}`,
      `  fleet approve            ${inWords(approval)}`,
      "operator                  once: keys, fleet file, fleet bootstrap; for each camera: one fleet approve",
      "shop                      for each camera: power on, read ten characters aloud",
      `certificates renewed      ${renewals.renewed} of ${cameras}, of ${firstLifeSeconds} s life for 825 days: a clock ${factor(firstLifeSeconds)} times as fast`,
      `served meanwhile          ${renewals.served}, not served ${renewals.notServed.length}; ${renewals.duringVerification} renewals came during a verification`,
      ...(rolledBack ? [`told no by a worse pack   ${inSentence(rolledBack)}`] : []),
      wrong === 0 ? `${steps.length} steps, all as they must be.` : `${wrong} of ${steps.length} steps went wrong.`,
    ],
  };
}

function inSentence({ untilJudged, untilBack, judgedMs, backMs }: RolledBack): string {
  const judged = `${untilJudged} customers of the first cameras until the gateway halted it (${seconds(judgedMs)})`;
  return `${judged}, ${untilBack} until it was taken back (${seconds(backMs)})`;
}

const LIFE_SECONDS = 825 * 86_400;

function factor(firstLifeSeconds: number): string {
  return Math.round(LIFE_SECONDS / firstLifeSeconds).toLocaleString("en-US");
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
}

function inWords({ median, most }: Spread): string {
  return `median ${seconds(median)}, longest ${seconds(most)}`;
}
