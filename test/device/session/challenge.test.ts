import t from "tap";
import { type Challenge, type ChallengeRules, challenged, type Step } from "../../../device/session/challenge.ts";
import type { Rules } from "../../../device/session/decision.ts";
import { hintOf, next, type SessionEvent, type SessionState, STARTED } from "../../../device/session/session.ts";
import type { Observation } from "../../../models/pipeline/observation.ts";
import { GOOD, scored } from "../../support/scores.ts";

const ALWAYS: ChallengeRules = { policy: "always", side: "left" };

const turned = (yaw: number, lifeSign = 0.3): Observation => ({
  ...scored(0.9, 0.99, lifeSign),
  quality: { ...GOOD, headPoseYawDegrees: yaw },
});
const step = (observation: Observation, more: Partial<Step> = {}): Step => ({
  ...{ observation, broken: false, agreed: true, stillMs: 0 },
  ...more,
});
const after = (rules: ChallengeRules, ...steps: readonly Step[]): Challenge =>
  steps.reduce<Challenge>((challenge, one) => challenged(challenge, one, rules), "idle");

t.test("a face that was not compared meets no challenge", async (t) => {
  const quality = { ...GOOD, headPoseYawDegrees: 35 };
  t.equal(after(ALWAYS, step(turned(0)), step({ kind: "poor_quality", quality, defects: ["HeadPoseYaw"] })), "turn");
  t.equal(after(ALWAYS, step(turned(0)), step(turned(20)), step({ kind: "unchanged", quality: GOOD })), "return");
});

t.test("to the side that was asked for, and back", async (t) => {
  t.equal(after(ALWAYS, step(turned(0))), "turn");
  t.equal(after(ALWAYS, step(turned(0)), step(turned(-25))), "turn", "the other side does not count");
  t.equal(after(ALWAYS, step(turned(0)), step(turned(20))), "return");
  t.equal(after(ALWAYS, step(turned(0)), step(turned(20)), step(turned(12))), "return");
  t.equal(after(ALWAYS, step(turned(0)), step(turned(20)), step(turned(2))), "met");
  t.equal(after({ ...ALWAYS, side: "right" }, step(turned(0)), step(turned(-20)), step(turned(-2))), "met");
});

t.test("it begins when it must, and not before somebody agrees with the reference", async (t) => {
  const needed: ChallengeRules = { policy: "if_needed", side: "left" };
  t.equal(after(ALWAYS, step(turned(0), { agreed: false })), "idle");
  t.equal(after(needed, step(turned(0), { stillMs: 3_900 })), "idle");
  t.equal(after(needed, step(turned(0), { stillMs: 4_000 })), "turn");
  t.equal(after({ policy: "never", side: "left" }, step(turned(0), { stillMs: 60_000 })), "idle");
});

t.test("who comes after a broken run has everything before them", async (t) => {
  const nobody: Observation = { kind: "no_face" };
  t.equal(after(ALWAYS, step(turned(0)), step(turned(20)), step(nobody, { broken: true })), "idle");
});

const RULES: Rules = {
  threshold: 0.5,
  bonaFideAtLeast: 0.5,
  attackBelow: 0.1,
  lifeSignAtLeast: 0.08,
  challenge: ALWAYS,
};

const play = (rules: Rules, ...seen: readonly Observation[]): SessionState =>
  seen.reduce<SessionState>(
    (state, observation, i) => {
      const event: SessionEvent = { kind: "observed", observation, atMs: i * 100 };
      return next(state, event, rules);
    },
    next(STARTED, { kind: "enrolled" }, rules),
  );
const times = (count: number, one: Observation) => Array.from({ length: count }, () => one);

t.test("where it is always asked there is no match without it", async (t) => {
  const asked = play(RULES, ...times(30, scored(0.9)));
  t.equal(hintOf(asked), "turn_left");
  t.match(next(asked, { kind: "deadline" }, RULES), {
    verdict: { decision: "inconclusive", reason: "liveness_unproven", detail: "the head was not turned as asked" },
  });
  const back = play(RULES, ...times(6, scored(0.9)), ...times(4, turned(20)));
  t.equal(hintOf(back), "look_at_the_camera");
  t.match(play(RULES, ...times(6, scored(0.9)), ...times(4, turned(20)), scored(0.9)), {
    verdict: { decision: "match" },
  });
});

t.test("a photograph that is tilted as asked is still a photograph", async (t) => {
  const flat = [...times(6, turned(0, 0.01)), ...times(4, turned(20, 0.02)), ...times(50, turned(0, 0.01))];
  t.equal(play(RULES, ...flat).kind, "looking");
  t.match(next(play(RULES, ...flat), { kind: "deadline" }, RULES), {
    verdict: { decision: "inconclusive", reason: "liveness_unproven", suspected: true },
  });
});

t.test("where it is asked if needed, a quiet person hears the request and a lively one never does", async (t) => {
  const rules: Rules = { ...RULES, challenge: { policy: "if_needed", side: "right" } };
  t.match(play(rules, ...times(3, scored(0.9))), { verdict: { decision: "match" } });
  const quiet = times(60, scored(0.9, 0.99, 0));
  t.equal(hintOf(play(rules, ...quiet.slice(0, 30))), "move_a_little");
  t.equal(hintOf(play(rules, ...quiet)), "turn_right");
});
