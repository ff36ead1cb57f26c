import type { Observer } from "./comparisons.ts";

/** Accuracy by cross-validation, by the rules of View 2 of Labeled Faces in the Wild. */
export interface FoldsReport {
  readonly folds: number;
  /** The pairs that were compared, of those that the protocol lists. */
  readonly pairs: { readonly compared: number; readonly of: number };
  /** The mean share of correctly classified pairs, and its standard error over the folds. */
  readonly accuracy: number;
  readonly standardError: number;
}

interface Scored {
  readonly fold: number;
  readonly same: boolean;
  readonly score: number;
}

/** Collects the scores of the listed pairs that belong to a fold. `report` is undefined where there are not two folds. */
export function collectFolds(listed: number): { readonly observe: Observer; report(): FoldsReport | undefined } {
  const scored: Scored[] = [];
  return {
    observe({ fold, same }, score) {
      if (fold !== undefined) scored.push({ fold, same, score });
    },
    report: () => describeFolds(scored, listed),
  };
}

/** For each fold: the best threshold of all other folds, and its accuracy on this fold. Pure. */
function describeFolds(scored: readonly Scored[], listed: number): FoldsReport | undefined {
  const folds = [...new Set(scored.map(({ fold }) => fold))];
  if (folds.length < 2) return undefined;
  const accuracies = folds.map((fold) => {
    const threshold = bestThreshold(scored.filter((one) => one.fold !== fold));
    return accuracyAt(
      scored.filter((one) => one.fold === fold),
      threshold,
    );
  });
  const accuracy = mean(accuracies);
  const variance = mean(accuracies.map((one) => (one - accuracy) ** 2)) * (folds.length / (folds.length - 1));
  return {
    folds: folds.length,
    pairs: { compared: scored.length, of: listed },
    accuracy,
    standardError: Math.sqrt(variance / folds.length),
  };
}

/** Reads the ascending scores once. Pairs below the threshold count as different persons, the others as the same. */
function bestThreshold(scored: readonly Scored[]): number {
  const ascending = [...scored].sort((a, b) => a.score - b.score);
  let right = scored.filter(({ same }) => same).length;
  let best = { right, threshold: ascending[0]?.score ?? 0 };
  for (const [i, { same, score }] of ascending.entries()) {
    right += same ? -1 : 1;
    const above = ascending[i + 1]?.score ?? score + 1e-9;
    if (right > best.right && above > score) best = { right, threshold: (score + above) / 2 };
  }
  return best.threshold;
}

function accuracyAt(scored: readonly Scored[], threshold: number): number {
  return mean(scored.map(({ same, score }) => (same === score >= threshold ? 1 : 0)));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / Math.max(1, values.length);
}
