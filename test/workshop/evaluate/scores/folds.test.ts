import t from "tap";
import { collectFolds } from "../../../../workshop/evaluate/scores/folds.ts";

const template = Float32Array.of(1);
const of = (fold: number | undefined, same: boolean) => ({
  reference: template,
  probe: template,
  same,
  referenceAt: 0,
  probeAt: [1],
  fold,
});

t.test("each fold is judged at the threshold that is best on the others", async (t) => {
  const folds = collectFolds(15);
  for (const fold of [0, 1, 2]) {
    for (const score of [0.6, 0.7]) folds.observe(of(fold, true), score);
    for (const score of [0.1, 0.2]) folds.observe(of(fold, false), score);
  }
  t.same(folds.report(), { folds: 3, pairs: { compared: 12, of: 15 }, accuracy: 1, standardError: 0 });
  // In the third fold one stranger is alike: a threshold chosen on that fold itself would not show it.
  folds.observe(of(2, false), 0.65);
  const { accuracy = 0 } = folds.report() ?? {};
  t.ok(accuracy < 1 && accuracy > 0.9, `${accuracy}`);
});

t.test("pairs without folds have no such report", async (t) => {
  const folds = collectFolds(1);
  folds.observe(of(undefined, true), 0.9);
  t.equal(folds.report(), undefined);
});
