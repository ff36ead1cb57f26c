import { fisher, oddsRise, type Share, type Shift } from "./statistics.ts";

/** The figures of a stage. */
export interface Figures {
  /** Cameras that refused the change, of those that answered. */
  readonly refused: Share;
  /** Cameras that are faulty, unhealthy or not connected: among those with the change, and among the baseline. */
  readonly faults: { readonly changed: Share; readonly baseline: Share };
  readonly verifications: Readonly<Record<VerificationFigure, Compared>>;
}

/** Figures of verifications: without a result; no match; matches that are slower than 90 % of the matches before. */
export const VERIFICATION_FIGURES = ["inconclusive", "no_match", "slow"] as const;
export type VerificationFigure = (typeof VERIFICATION_FIGURES)[number];
export type Figure = "refused" | "faults" | VerificationFigure;

/** The cameras of the stage, and at the same times the cameras that do not change in this stage. */
export interface Compared {
  readonly stage: Shift;
  readonly others: Shift;
}

/** The parts of a rollout that the judgement depends on. */
export interface Plan {
  /** The number of stages. */
  readonly stages: number;
  /** The least number of verifications of a stage. */
  readonly least: number;
}

export interface Comparison {
  readonly figure: Figure;
  readonly now: Share;
  readonly baseline: Share | undefined;
  /** The probability of this figure by chance; undefined if there is too little data for a comparison. */
  readonly chance: number | undefined;
  readonly worse: boolean;
}

/** The largest probability, over all stages together, that a harmless rollout is halted. */
export const FALSE_ALARM = 0.05;
/** Looks in a stage: one at each quarter of its time and of its verifications. */
export const LOOKS = 4;
/** The tests of one look: faults, and three figures of verifications. */
const TESTS = 1 + VERIFICATION_FIGURES.length;
/** The smallest rise that counts. In a large fleet, even an unimportant difference is significant. */
const LEAST_RISE = 0.02;

/** The significance level of one test: Bonferroni over figures, looks and stages. Pure. */
export const levelOf = ({ stages }: Plan) => FALSE_ALARM / (TESTS * LOOKS * stages);

/** Compares every figure. docs/adr/0035 gives the reasons for these tests. Pure. */
export function judge(figures: Figures, plan: Plan): readonly Comparison[] {
  const { refused, faults, verifications } = figures;
  return [
    // Refusals have no baseline, because a camera tries a change before it takes it.
    { figure: "refused", now: refused, baseline: undefined, chance: undefined, worse: refused.bad * 2 > refused.of },
    tested("faults", faults.changed, faults.baseline, fisher(faults.changed, faults.baseline), plan),
    ...VERIFICATION_FIGURES.map((figure) => compared(figure, verifications[figure], plan)),
  ];
}

/** Whether there is enough data to compare every figure. Pure. */
export function isComparable(comparisons: readonly Comparison[]): boolean {
  return comparisons.every(({ figure, chance }) => figure === "refused" || chance !== undefined);
}

/**
 * Compares with the same cameras before the change, minus the change of the other cameras if it is known. Cameras without earlier
 * verifications are compared with the other cameras at the same time.
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

/** The least count of bad verifications that shows a drift. A smaller count would hide changes of the stage's cameras. */
const LEAST_HITS = 10;
const hits = ({ before, after }: Shift) => before.bad + after.bad;

function tested(figure: Figure, now: Share, baseline: Share, chance: number, plan: Plan, drift?: Shift): Comparison {
  const rise = shareOf(now) - shareOf(baseline) - (drift ? shareOf(drift.after) - shareOf(drift.before) : 0);
  return { figure, now, baseline, chance, worse: chance < levelOf(plan) && rise >= LEAST_RISE };
}

const shareOf = ({ bad, of }: Share) => (of === 0 ? 0 : bad / of);
