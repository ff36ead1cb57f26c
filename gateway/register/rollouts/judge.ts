import { fisher, oddsRise, type Share, type Shift } from "./statistics.ts";

/** What is counted of the cameras of a stage, and of the others. */
export interface Figures {
  /** Cameras that answered, and those of them that refused the change. */
  readonly refused: Share;
  /** Cameras that are faulty, unhealthy or not connected: those that have the change, and the baseline. */
  readonly faults: { readonly changed: Share; readonly baseline: Share };
  readonly verifications: Readonly<Record<VerificationFigure, Compared>>;
}

/** Of the verifications: without a result; no match; of the matches, slower than nine of ten before. */
export const VERIFICATION_FIGURES = ["inconclusive", "no_match", "slow"] as const;
export type VerificationFigure = (typeof VERIFICATION_FIGURES)[number];
export type Figure = "refused" | "faults" | VerificationFigure;

/** The stage's cameras, and those for which nothing changes in this stage, in the same times. */
export interface Compared {
  readonly stage: Shift;
  readonly others: Shift;
}

/** What the judgement needs to know of the rollout. */
export interface Plan {
  /** How many stages there are. */
  readonly stages: number;
  /** The least number of verifications of a stage. */
  readonly least: number;
}

export interface Comparison {
  readonly figure: Figure;
  readonly now: Share;
  readonly baseline: Share | undefined;
  /** How probable this is by chance; undefined where there is too little to compare with. */
  readonly chance: number | undefined;
  readonly worse: boolean;
}

/** A rollout in which nothing changes for the worse is halted with this probability at most, in all its stages together. */
export const FALSE_ALARM = 0.05;
/** A stage is looked at so often: at each quarter of its time and of its verifications. */
export const LOOKS = 4;
/** Tests of one look: faults and three figures of verifications. */
const TESTS = 1 + VERIFICATION_FIGURES.length;
/** In a large fleet a difference can be certain and of no matter. */
const LEAST_RISE = 0.02;

/** What one test may claim by chance: Bonferroni over figures, looks and stages. Pure. */
export const levelOf = ({ stages }: Plan) => FALSE_ALARM / (TESTS * LOOKS * stages);

/** Compares every figure. docs/adr/0035 says why these tests. Pure. */
export function judge(figures: Figures, plan: Plan): readonly Comparison[] {
  const { refused, faults, verifications } = figures;
  return [
    // A camera tries a change before it takes it: one that refuses has no baseline.
    { figure: "refused", now: refused, baseline: undefined, chance: undefined, worse: refused.bad * 2 > refused.of },
    tested("faults", faults.changed, faults.baseline, fisher(faults.changed, faults.baseline), plan),
    ...VERIFICATION_FIGURES.map((figure) => compared(figure, verifications[figure], plan)),
  ];
}

/** Whether there is enough to compare every figure with. Pure. */
export function isComparable(comparisons: readonly Comparison[]): boolean {
  return comparisons.every(({ figure, chance }) => figure === "refused" || chance !== undefined);
}

/**
 * With the same cameras before, less what happened meanwhile to the others, where that can be told. Cameras without a past are
 * compared with the others at the same time.
 */
function compared(figure: VerificationFigure, { stage, others }: Compared, plan: Plan): Comparison {
  const enough = ({ of }: Share) => of * 2 >= plan.least;
  const now = stage.after;
  const exact = (baseline: Share) => tested(figure, now, baseline, fisher(now, baseline), plan);
  if (!enough(stage.before)) {
    if (enough(others.after)) return exact(others.after);
    return { figure, now, baseline: undefined, chance: undefined, worse: false };
  }
  const isDriftKnown = enough(others.before) && enough(others.after) && hits(others) >= LEAST_HITS;
  if (!isDriftKnown) return exact(stage.before);
  return tested(figure, now, stage.before, oddsRise(stage, others), plan, others);
}

/** Fewer than these say nothing of a drift, and would hide what happens to the stage's cameras. */
const LEAST_HITS = 10;
const hits = ({ before, after }: Shift) => before.bad + after.bad;

function tested(figure: Figure, now: Share, baseline: Share, chance: number, plan: Plan, drift?: Shift): Comparison {
  const rise = shareOf(now) - shareOf(baseline) - (drift ? shareOf(drift.after) - shareOf(drift.before) : 0);
  return { figure, now, baseline, chance, worse: chance < levelOf(plan) && rise >= LEAST_RISE };
}

const shareOf = ({ bad, of }: Share) => (of === 0 ? 0 : bad / of);
