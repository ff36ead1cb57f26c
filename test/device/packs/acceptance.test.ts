import t from "tap";
import { judgePack, type Measured } from "../../../device/packs/acceptance.ts";
import type { Comparison } from "../../../models/pack/acceptance-card.ts";

const like = (similarity: number) => ({ similarity, liveness: 0.9, tolerance: 0.03 });
const mated: Comparison = { reference: "a", probe: "b", mated: true, ...like(0.7) };
const impostor: Comparison = { reference: "a", probe: "c", mated: false, ...like(0.14) };

function measured(comparison: Comparison, similarity: number): Measured {
  return { comparison, seen: { kind: "scored", similarity, liveness: 0.9 } as Measured["seen"], lookMs: 1 };
}

/** What is said of a pack whose lowest threshold is this. */
function judge(lowest: number, impostorScore = 0.14) {
  const thresholds = [{ similarity: 0.5 }, { similarity: lowest }];
  const all = [measured(mated, 0.7), measured(impostor, impostorScore)];
  return judgePack(all, { lookAtMostMs: 10 }, { thresholds, bonaFideAtLeast: 0.5 });
}

t.test("a threshold that the card's own impostors reach is refused", async (t) => {
  t.equal(judge(0.2), undefined);
  t.match(judge(0.125), { code: "worse_than_card", detail: /two people and score 0.140, over 0.125/ });
  t.match(judge(0.14, 0.13), { code: "worse_than_card" }, "also when the card says so and this board does not");
});
