import t from "tap";
import type { Challenge } from "../../../device/session/challenge.ts";
import { concludeLate, decide, lacksOnlySigns, looksLikeAttack, type Rules } from "../../../device/session/decision.ts";
import { type Evidence, fusedSimilarity, NO_EVIDENCE, textureOf, weigh } from "../../../device/session/evidence.ts";
import { fuseTemplates, similarity } from "../../../models/embedding/embedder.ts";
import { type Observation, type Scored, TEMPLATES_KEPT } from "../../../models/pipeline/observation.ts";
import { randomFloats } from "../../../workshop/quantise/inputs/random.ts";
import { GOOD, scored } from "../../support/scores.ts";

const RULES: Rules = { threshold: 0.5, bonaFideAtLeast: 0.3, attackBelow: 0.05 };
const FRAME_MS = 100;

/** Evidence after these observations, a frame every 100 ms. */
function after(...seen: readonly Observation[]): Evidence {
  return seen.reduce((evidence, one, i) => weigh(evidence, one, i * FRAME_MS), NO_EVIDENCE);
}

/** The decision after these observations, and the frame at which it first stood. */
function verdictUnder(rules: Rules, challenge: Challenge, ...seen: readonly Observation[]): string {
  for (let count = 1; count <= seen.length; count++) {
    const verdict = decide(after(...seen.slice(0, count)), rules, challenge);
    if (verdict) return `${verdict.decision} at ${count}`;
  }
  return "none";
}

const verdictOf = (...seen: readonly Observation[]) => verdictUnder(RULES, { kind: "idle" }, ...seen);
const times = (count: number, one: Observation) => Array.from({ length: count }, () => one);
const turnedBy = (yaw: number, one: Scored): Scored => ({ ...one, quality: { ...GOOD, headPoseYawDegrees: yaw } });

const still = scored(0.8, 0.99, []);
const blink = scored(0.8, 0.99, ["eyes"]);
const turn = scored(0.8, 0.99, ["turn"]);
const speech = scored(0.8, 0.99, ["mouth"]);
const no = scored(0.1, 0.99, []);
const nobody: Observation = { kind: "no_face" };
const two: Observation = { kind: "two_faces" };
const dark: Observation = { kind: "too_dark" };
const blurred: Observation = { kind: "poor_quality", quality: GOOD, defects: ["Sharpness"] };

t.test("a match needs three frames of a person, and a sign of life in two frames, or three that turn", async (t) => {
  t.equal(verdictOf(...times(2, blink)), "none");
  t.equal(verdictOf(...times(3, blink)), "match at 3");
  t.equal(verdictOf(...times(30, still), blink), "none");
  t.equal(verdictOf(...times(30, still), blink, blink), "match at 32");
  t.equal(verdictOf(...times(30, still), turn, turn), "none");
  t.equal(verdictOf(...times(30, still), turn, turn, turn), "match at 33");
  t.equal(verdictOf(...times(30, still), blink, turn), "match at 32", "two kinds are not chance");
  t.equal(verdictOf(...times(3, scored(0.5, 0.99, ["eyes"]))), "match at 3", "at the threshold is a match");
  t.equal(verdictOf(...times(20, scored(0.4999, 0.99, ["eyes"]))), "none");
});

t.test("a frame that shows a sign very clearly counts for two", async (t) => {
  t.equal(verdictOf(...times(30, still), scored(0.8, 0.99, ["eyes", "eyes"])), "match at 31");
  const clearly = scored(0.8, 0.99, ["turn", "turn"]);
  t.equal(verdictOf(...times(30, still), clearly), "none", "one frame alone never makes a turn");
  t.equal(verdictOf(...times(30, still), clearly, clearly), "match at 32");
});

t.test("a turn that was asked for and made needs to be seen in one frame", async (t) => {
  t.equal(verdictUnder(RULES, { kind: "done", turn: 0 }, ...times(30, still)), "none");
  t.equal(verdictUnder(RULES, { kind: "done", turn: 0 }, ...times(30, still), turn), "match at 31");
});

t.test("a mouth never suffices, however long it moves", async (t) => {
  t.equal(verdictOf(...times(100, speech)), "none");
  t.equal(verdictOf(...times(100, speech), blink), "none", "nor together with one blink");
});

t.test("the run's median decides, not a frame", async (t) => {
  const spoof = scored(0.8, 0.01);
  t.equal(verdictOf(spoof, blink, spoof, blink, blink), "match at 5", "a blurred frame looks like a screen");
  t.equal(verdictOf(blink, blink, spoof, spoof, spoof), "none");
  t.equal(verdictOf(blink, blink, spoof, blink), "match at 4", "three of five are known, whatever the fifth is");
  t.equal(verdictOf(...times(3, scored(0.8, 0.3))), "match at 3");
  t.equal(verdictOf(...times(100, scored(0.8, 0.29))), "none");
});

const MET: Challenge = { kind: "done", turn: 0 };

t.test("what the picture leaves in doubt takes moving eyes and a turn that was asked for", async (t) => {
  const doubtful = scored(0.8, 0.2, ["eyes"]);
  t.equal(verdictUnder(RULES, { kind: "idle" }, ...times(50, doubtful)), "none");
  t.equal(verdictUnder(RULES, MET, ...times(3, doubtful)), "match at 3");
  t.equal(verdictUnder(RULES, MET, ...times(50, scored(0.8, 0.2, ["turn"]))), "none", "a turn is no second kind");
  t.equal(
    verdictUnder(RULES, MET, ...times(50, scored(0.8, 0.1, ["eyes"]))),
    "none",
    "nearer to an attack than to a person",
  );
});

t.test("high assurance takes moving eyes and two turns that were asked for", async (t) => {
  const high: Rules = { ...RULES, assurance: "high" };
  const both: Challenge = { kind: "done", turn: 1 };
  t.equal(verdictUnder(high, both, ...times(3, blink)), "match at 3");
  t.equal(verdictUnder(high, MET, ...times(50, blink)), "none");
  t.equal(verdictUnder(high, both, ...times(50, turn)), "none");
  t.equal(verdictUnder(high, both, ...times(50, scored(0.8, 0.2, ["eyes"]))), "none");
});

t.test(
  "edges like a screen's take moving eyes and a turn that was asked for, and never meet high assurance",
  async (t) => {
    const edged: Scored = { ...blink, screenEdges: true };
    t.equal(verdictOf(...times(60, edged)), "none");
    t.equal(verdictUnder(RULES, MET, ...times(3, edged)), "match at 3");
    const bare: Scored = { ...blink, screenEdges: false };
    t.equal(verdictOf(edged, edged, edged, bare, bare), "none");
    t.equal(verdictOf(edged, bare, edged, bare), "match at 4", "two of three leave it in doubt, two of four do not");
    t.equal(verdictUnder(RULES, MET, ...times(60, { ...turn, screenEdges: true })), "none");
    t.equal(verdictUnder({ ...RULES, assurance: "high" }, { kind: "done", turn: 1 }, ...times(60, edged)), "none");
    t.match(concludeLate(after(...times(12, edged)), RULES), { evidence: { edges: true }, suspected: false });
  },
);

t.test("noise hides a screen, so it takes moving eyes and a turn that was asked for, and is no attack", async (t) => {
  const noisy: Scored = { ...blink, quality: { ...GOOD, noise: 3 } };
  t.equal(verdictOf(...times(60, noisy)), "none");
  t.equal(verdictUnder(RULES, MET, ...times(3, noisy)), "match at 3");
  t.equal(verdictOf(noisy, blink, noisy, blink), "match at 4", "half of the frames show enough");
  t.equal(verdictUnder({ ...RULES, assurance: "high" }, { kind: "done", turn: 1 }, ...times(3, noisy)), "match at 3");
  const wrong: Challenge = { kind: "failed", turn: 0, met: 0, why: "wrong_side" };
  t.equal(concludeLate(after(...times(50, noisy)), RULES, wrong).suspected, false);
});

t.test("a no takes longer than a yes: six frames and a second", async (t) => {
  t.equal(verdictOf(...times(10, no)), "none");
  t.equal(
    verdictOf(...times(40, { ...no, quality: { ...GOOD, detailAcross: 0.3 } })),
    "none",
    "smeared faces are unlike",
  );
  t.equal(verdictOf(...times(11, no)), "no_match at 11");
});

t.test("nobody is told no from turned or blurred frames, or for a score just below the threshold", async (t) => {
  t.equal(verdictOf(...times(100, turnedBy(16, no))), "none");
  t.equal(verdictOf(...times(100, { ...no, quality: { ...GOOD, sharpness: 0.2 } })), "none");
  t.equal(verdictOf(...times(100, scored(0.31, 0.99, []))), "none");
  t.equal(verdictOf(...times(11, scored(0.29, 0.99, []))), "no_match at 11");
});

t.test(
  "nobody is told no from a face that is covered, was a moment ago, or was not looked at for a cover",
  async (t) => {
    const { mouthOcclusion: _, ...unmeasured } = GOOD;
    t.equal(verdictOf(...times(100, { ...no, quality: unmeasured })), "none");
    for (const defect of ["MouthOcclusionPrevention", "FaceOcclusionPrevention"] as const) {
      const covered: Observation = { kind: "poor_quality", quality: GOOD, defects: [defect] };
      t.equal(
        verdictOf(...Array.from({ length: 30 }, () => [...times(5, no), covered]).flat()),
        "none",
        "a mask that is overlooked now and then",
      );
      t.equal(verdictOf(...times(10, no), covered, ...times(10, no)), "no_match at 21", "a hand that goes away");
      t.equal(
        verdictOf(...times(10, no), covered, ...times(12, blurred), no),
        "none",
        "what was seen before it is gone",
      );
    }
    t.equal(verdictOf(...times(10, no), blurred, no), "no_match at 12", "what blurs covers nothing");
    t.equal(verdictOf(...times(10, no), nobody, ...times(11, no)), "no_match at 22", "who comes next begins anew");
  },
);

t.test("what looks like an attack is told neither yes nor no", async (t) => {
  t.equal(verdictOf(...times(100, scored(0.1, 0.01))), "none");
  t.equal(verdictOf(...times(100, scored(0.9, 0.01))), "none");
});

t.test("faces turned too far are compared with nobody, and break nothing", async (t) => {
  t.equal(verdictOf(...times(20, turnedBy(28, turn))), "none");
  t.equal(verdictOf(still, still, still, ...times(5, turnedBy(28, turn))), "match at 6");
});

t.test("who was recognized stays so until the run breaks", async (t) => {
  const lookingDown = scored(0.4, 0.99, ["eyes"]);
  t.equal(verdictOf(...times(5, still), ...times(30, lookingDown)), "match at 7");
  t.equal(verdictOf(...times(5, still), nobody, ...times(30, lookingDown)), "none");
  t.equal(verdictOf(...times(5, still), two, ...times(30, lookingDown)), "none");
  t.equal(verdictOf(...times(5, still), ...times(60, no)), "none", "and is told no in no part of it");
});

t.test("the memory of frames is bounded", async (t) => {
  let evidence = NO_EVIDENCE;
  for (let i = 0; i < 1_000; i++) evidence = weigh(evidence, no, i);
  t.equal(evidence.run.length, TEMPLATES_KEPT);
  t.ok(evidence.texture.length <= 120);
});

t.test("the fused score is that of the mean template", async (t) => {
  const [reference, ...probes] = [1, 2, 3, 4, 5, 6].map((seed) => fuseTemplates([randomFloats(seed, 32)]));
  if (!reference) throw new Error("there are six");
  const frames = probes.map((probe, place) => ({
    ...{ similarity: similarity(reference, probe), quality: GOOD, atMs: 0, place },
    agreement: probes
      .slice(0, place)
      .reverse()
      .map((earlier) => similarity(earlier, probe)),
  }));
  t.ok(Math.abs(fusedSimilarity(frames) - similarity(reference, fuseTemplates(probes))) < 1e-6);
});

t.test("somebody unlike the frames before starts a run of their own; one frame may be unlike one", async (t) => {
  const stranger = scored(0.8, 0.99, ["eyes"], [0.59, 0.59, 0.59]);
  t.equal(after(...times(5, blink), stranger).run.length, 1);
  t.equal(after(...times(5, blink), stranger).signs.eyes, 1, "signs of before count for nothing");
  const turning = scored(0.8, 0.99, ["eyes"], [0.7, 0.59, 0.59]);
  t.equal(after(...times(5, blink), turning).run.length, 6);
});

t.test("whoever steps in between breaks the run, and takes its signs along", async (t) => {
  for (const between of [nobody, two, dark]) {
    t.equal(verdictOf(...times(2, blink), between, ...times(4, still)), "none");
    t.equal(verdictOf(...times(2, blink), between, ...times(3, blink)), "match at 6");
  }
  t.equal(verdictOf(...times(2, blink), blurred, blink), "match at 4", "a blurred frame breaks nothing");
});

t.test("faces need not be compared while only a sign is missing", async (t) => {
  t.notOk(lacksOnlySigns(after(...times(2, still)), RULES), "too few for a median");
  t.ok(lacksOnlySigns(after(...times(3, still)), RULES));
  t.notOk(lacksOnlySigns(after(...times(5, scored(0.8, 0.2, []))), RULES), "more frames may raise the median");
  t.notOk(lacksOnlySigns(after(...times(5, no)), RULES));
  t.notOk(lacksOnlySigns(after(...times(5, blink)), RULES));
});

t.test(
  "suspected is only what looked like an attack for a second, or turned to the wrong side while in doubt",
  async (t) => {
    const attack = times(10, scored(0.8, 0.04));
    t.ok(looksLikeAttack(after(...attack), RULES));
    t.notOk(looksLikeAttack(after(...attack.slice(1)), RULES), "nine frames may stand at the picture's edge");
    t.notOk(looksLikeAttack(after(...times(50, scored(0.8, 0.05, []))), RULES));
    const suspected = (challenge: Challenge, ...seen: readonly Observation[]) =>
      concludeLate(after(...seen), RULES, challenge).suspected;
    t.equal(suspected({ kind: "idle" }, ...attack), true);
    const wrong: Challenge = { kind: "failed", turn: 0, met: 0, why: "wrong_side" };
    t.equal(suspected(wrong, ...times(50, scored(0.8, 0.2, []))), true);
    t.equal(suspected(wrong, ...times(50, still)), false, "people take left for right");
    t.equal(
      suspected(wrong, ...times(50, scored(0.8, 0.2, [])), nobody),
      false,
      "nothing is known of who is there now",
    );
    for (const honest of [still, scored(0.8, 0.1, []), blurred, nobody, two, dark, no]) {
      t.equal(suspected({ kind: "idle" }, ...times(80, honest)), false, honest.kind);
    }
    const late: Challenge = { kind: "failed", turn: 0, met: 0, why: "late" };
    t.equal(suspected(late, ...times(50, still)), false, "slow is not wrong");
  },
);

t.test("the report's numbers are those of the frames that decided", async (t) => {
  const verdict = decide(after(nobody, ...[0.6, 0.7, 0.8, 0.9, 1].map((live) => scored(0.7, live))), RULES);
  t.match(verdict, { decision: "match", frames: { looked: 6, used: 5 }, quality: GOOD, liveness: 0.8 });
  t.match(verdict?.evidence, {
    texture: 0.8,
    signs: { eyes: 5, turn: 0, mouth: 0 },
    edges: false,
    turns: { asked: 0, met: 0 },
  });
  t.equal(textureOf(after(...times(2, blink))), undefined);
});

t.test("before there are five frames the median is what it is at least", async (t) => {
  const of = (...scores: readonly number[]) => textureOf(after(...scores.map((live) => scored(0.8, live))));
  t.equal(of(0.9, 0.2, 0.8), 0.2);
  t.equal(of(0.9, 0.2, 0.8, 0.7), 0.7);
  t.equal(of(0.9, 0.2, 0.8, 0.7, 0.1), 0.7);
});

t.test("a face that was not compared adds its liveness, and no more", async (t) => {
  const seen: Observation = { kind: "unchanged", quality: GOOD, liveness: 0.5 };
  const evidence = after(...times(3, still), seen, { kind: "unchanged", quality: GOOD });
  t.same(evidence.texture, [0.99, 0.99, 0.99, 0.5]);
  t.equal(evidence.run.length, 3);
  t.equal(evidence.tally.scored, 5);
});

t.test("when time is over the reason is what stood in the way most", async (t) => {
  const late = (...seen: readonly Observation[]) => concludeLate(after(...seen), RULES);
  const reason = (...seen: readonly Observation[]) => late(...seen).reason;
  t.equal(reason(), "timeout");
  t.equal(reason(nobody, nobody, still), "no_face");
  t.equal(reason(two, nobody, two), "two_faces");
  t.equal(reason(blurred, dark, nobody), "poor_quality");
  t.match(late(...times(5, still)), { reason: "liveness_unproven", detail: /no sign of life/ });
  t.match(late(...times(5, scored(0.8, 0.2))), { reason: "liveness_unproven", detail: /in doubt/ });
  t.match(late(...times(10, scored(0.8, 0.01))), { reason: "liveness_unproven", detail: /a picture or a screen/ });
  t.equal(late(still).similarity, undefined, "no score that somebody could take for a verdict");
});
