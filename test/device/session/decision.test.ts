import t from "tap";
import {
  concludeLate,
  decide,
  type Evidence,
  fusedSimilarity,
  isStill,
  isSuspected,
  isSuspectedOnLeaving,
  NO_EVIDENCE,
  type Rules,
  weigh,
} from "../../../device/session/decision.ts";
import { fuseTemplates, similarity } from "../../../models/embedding/embedder.ts";
import { type Observation, TEMPLATES_KEPT } from "../../../models/pipeline/observation.ts";
import { randomFloats } from "../../../workshop/quantise/random.ts";
import { GOOD, scored } from "../../support/scores.ts";

const RULES: Rules = { threshold: 0.5, bonaFideAtLeast: 0.5, attackBelow: 0.1, lifeSignAtLeast: 0.08 };
const FRAME_MS = 100;

/** Evidence after these observations, a frame every 100 ms. */
function after(...seen: readonly Observation[]): Evidence {
  return seen.reduce((evidence, one, i) => weigh(evidence, one, RULES, i * FRAME_MS), NO_EVIDENCE);
}

/** The decision after these observations, and the frame at which it first stood. */
function verdictOf(...seen: readonly Observation[]): string {
  for (let count = 1; count <= seen.length; count++) {
    const verdict = decide(after(...seen.slice(0, count)), RULES);
    if (verdict) return `${verdict.decision} at ${count}`;
  }
  return "none";
}

const times = (count: number, one: Observation) => Array.from({ length: count }, () => one);
const yes = scored(0.8);
const no = scored(0.1);
const spoof = scored(0.9, 0.01);
const unsure = scored(0.9, 0.3);
const nobody: Observation = { kind: "no_face" };
const two: Observation = { kind: "two_faces" };
const dark: Observation = { kind: "too_dark" };
const blurred: Observation = { kind: "poor_quality", quality: GOOD, defects: ["Sharpness"] };

t.test("three live frames on end make a match, not two", async (t) => {
  t.equal(verdictOf(yes, yes), "none");
  t.equal(verdictOf(yes, yes, yes), "match at 3");
  t.equal(verdictOf(scored(0.5), scored(0.5), scored(0.5)), "match at 3", "at the threshold is a match");
  t.equal(verdictOf(...times(3, scored(0.4999))), "none");
});

t.test("a no takes longer than a yes: six frames and a second", async (t) => {
  t.equal(verdictOf(...times(10, no)), "none");
  t.equal(verdictOf(...times(11, no)), "no_match at 11");
  const slow = times(6, no).reduce((evidence, one, i) => weigh(evidence, one, RULES, i * 1_000), NO_EVIDENCE);
  t.equal(decide(slow, RULES)?.decision, "no_match", "six frames are enough when they come slowly");
});

t.test("at any frame rate a no is reached, the memory of frames is bounded", async (t) => {
  let evidence = NO_EVIDENCE;
  for (let i = 0; i < 1_000; i++) evidence = weigh(evidence, no, RULES, i);
  t.equal(decide(evidence, RULES), undefined);
  t.ok(evidence.run.length < 20);
  t.equal(decide(weigh(evidence, no, RULES, 1_000), RULES)?.decision, "no_match");
});

t.test("frames are fused, not counted: what is a little too low alone can be enough together", async (t) => {
  const alike = (value: number) => Array.from({ length: TEMPLATES_KEPT }, () => value);
  const low = scored(0.45, 0.99, 0.3, alike(0.7));
  t.equal(verdictOf(...times(3, low)), "match at 3", "3 · 0.45 / √(3 + 6 · 0.7) = 0.503");
  t.equal(verdictOf(...times(11, scored(0.45, 0.99, 0.3, alike(0.9)))), "no_match at 11", "alike frames add nothing");
  t.equal(verdictOf(...times(9, no), yes, no), "no_match at 11", "one high frame is no match");
});

t.test("the fused score is that of the mean template", async (t) => {
  const [reference, ...probes] = [1, 2, 3, 4, 5, 6].map((seed) => fuseTemplates([randomFloats(seed, 32)]));
  if (!reference) throw new Error("there are six");
  const frames = probes.map((probe, place) => ({
    ...{ similarity: similarity(reference, probe), liveness: 1, quality: GOOD, atMs: 0, place },
    agreement: probes
      .slice(0, place)
      .reverse()
      .map((earlier) => similarity(earlier, probe)),
  }));
  t.ok(Math.abs(fusedSimilarity(frames) - similarity(reference, fuseTemplates(probes))) < 1e-6);
});

t.test("somebody unlike the frames before starts a run of their own", async (t) => {
  const stranger = scored(0.9, 0.99, 0.3, [0.59, 0.59, 0.59]);
  t.equal(verdictOf(yes, yes, stranger), "none");
  t.equal(verdictOf(yes, yes, stranger, yes), "none");
  t.equal(verdictOf(yes, yes, stranger, scored(0.9, 0.99, 0.3, [1, 0.5, 0.5]), yes), "match at 5");
});

t.test("signs of life do not outlive the frames that gave them", async (t) => {
  const still = scored(0.9, 0.99, 0);
  t.equal(verdictOf(yes, yes, still), "match at 3");
  t.equal(verdictOf(yes, yes, ...times(16, unsure), still, still, still), "none", "nobody was compared with anybody");
});

t.test("whoever steps in between breaks the run", async (t) => {
  for (const between of [nobody, two, dark]) {
    t.equal(verdictOf(yes, yes, between, yes), "none");
    t.equal(verdictOf(yes, yes, between, yes, yes, yes), "match at 6");
  }
});

t.test("a blurred or uncertain frame does not count, and breaks nothing", async (t) => {
  t.equal(verdictOf(yes, yes, blurred, yes), "match at 4");
  t.equal(verdictOf(yes, yes, unsure, yes), "match at 4");
  t.equal(verdictOf(...times(100, unsure)), "none", "missing liveness is never live");
});

t.test("one spoofed frame is not averaged away: twice as many must agree afterwards", async (t) => {
  t.equal(verdictOf(yes, yes, spoof, yes, yes, yes, yes, yes), "none");
  t.equal(verdictOf(yes, yes, spoof, ...times(6, yes)), "match at 9");
  t.equal(verdictOf(...times(50, spoof)), "none");
  t.equal(verdictOf(...times(9, spoof), ...times(14, yes)), "none");
  t.equal(verdictOf(...times(9, spoof), ...times(15, yes)), "match at 24");
});

const still = scored(0.9, 0.99, 0.01);

t.test("one face that is alike waits for life only: those that show it make up the number", async (t) => {
  t.notOk(isStill(after(nobody), RULES));
  t.notOk(isStill(after(no), RULES));
  t.ok(isStill(after(still), RULES));
  t.ok(isStill(after(still, yes), RULES), "one sign is still missing");
  t.notOk(isStill(after(spoof, still), RULES), "after a suspicion more must be compared");
  t.ok(isStill(after(spoof, ...times(4, still)), RULES));
  t.notOk(isStill(after(still, yes, yes), RULES));
});

t.test("whoever is seen for a glance only is not suspected of holding a picture", async (t) => {
  t.notOk(isSuspected(after(still), RULES));
  t.notOk(isSuspected(after(...times(2, still)), RULES));
  t.ok(isSuspected(after(...times(3, still)), RULES));
  t.ok(isSuspected(after(still, spoof), RULES));
});

t.test("whoever leaves before most people have blinked is not suspected either", async (t) => {
  t.notOk(isSuspectedOnLeaving(after(...times(3, still)), 3_900));
  t.ok(isSuspectedOnLeaving(after(...times(3, still)), 4_000));
  t.ok(isSuspectedOnLeaving(after(still, spoof), 0), "a frame that looks like an attack is enough");
});

const untold: Observation = { ...still, lifeSign: undefined } as Observation;

t.test("the right person who shows no sign of life is never a match, and is not refused either", async (t) => {
  t.equal(verdictOf(...times(100, still)), "none");
  t.equal(verdictOf(...times(100, untold)), "none", "what cannot be told is no sign");
  const late = concludeLate(after(...times(100, still)), RULES);
  t.match(late, { decision: "inconclusive", reason: "liveness_unproven", suspected: true });
});

t.test("two signs of life in one run make the match", async (t) => {
  t.equal(verdictOf(...times(20, still), yes, still), "none");
  t.equal(verdictOf(...times(20, still), yes, yes), "match at 22");
  t.equal(verdictOf(yes, nobody, ...times(10, still), yes), "none", "signs of before the run count for nothing");
  t.equal(verdictOf(yes, spoof, ...times(10, still), yes), "none");
});

t.test("somebody else is told no without waiting for a sign of life", async (t) => {
  t.equal(verdictOf(...times(11, scored(0.1, 0.99, 0))), "no_match at 11");
});

t.test("a session in which a frame looked like an attack is suspected, others are not", async (t) => {
  t.equal(concludeLate(after(spoof, nobody), RULES).suspected, true);
  t.equal(concludeLate(after(nobody, unsure), RULES).suspected, false);
});

t.test("the report's numbers are those of the frames that decided", async (t) => {
  const verdict = decide(after(nobody, scored(0.6, 0.8), scored(0.7, 0.9), scored(0.8, 1)), RULES);
  t.match(verdict, { decision: "match", frames: { looked: 4, used: 3 }, quality: GOOD });
  t.ok(Math.abs((verdict?.similarity ?? 0) - 0.7) < 1e-12);
  t.ok(Math.abs((verdict?.liveness ?? 0) - 0.9) < 1e-12);
});

t.test("when time is over the reason is what stood in the way most", async (t) => {
  const reason = (...seen: readonly Observation[]) => concludeLate(after(...seen), RULES).reason;
  t.equal(reason(), "timeout");
  t.equal(reason(nobody, nobody, yes), "no_face");
  t.equal(reason(two, nobody, two), "two_faces");
  t.equal(reason(blurred, dark, nobody), "poor_quality");
  t.equal(reason(unsure, spoof, yes), "liveness_unproven");
  t.equal(reason(yes, no, yes, no), "timeout");
  t.equal(reason(spoof, yes, yes, no), "liveness_unproven", "live frames that a spoof kept from counting");
  const late = concludeLate(after(yes, no), RULES);
  t.equal(late.decision, "inconclusive");
  t.equal(late.similarity, undefined, "no score that somebody could take for a verdict");
});
