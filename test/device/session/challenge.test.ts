import t from "tap";
import {
  ASK_AFTER_MS,
  type Challenge,
  type ChallengeRules,
  challenged,
  FACING_MS,
  metTurns,
  promptOf,
  REACTS_AFTER_MS,
  type Step,
  TURN_WITHIN_MS,
} from "../../../device/session/challenge.ts";
import type { Rules } from "../../../device/session/decision.ts";
import { hintOf, next, type SessionEvent, type SessionState, STARTED } from "../../../device/session/session.ts";
import type { LifeSign } from "../../../models/liveness/motion-liveness.ts";
import type { Observation } from "../../../models/pipeline/observation.ts";
import { GOOD, scored } from "../../support/scores.ts";

const ALWAYS: ChallengeRules = { policy: "always", sides: ["left"] };

const turned = (yaw: number, signs: readonly LifeSign[] = ["eyes"]): Observation => ({
  ...scored(0.9, 0.99, signs),
  quality: { ...GOOD, headPoseYawDegrees: yaw },
});
const away = (yaw: number): Observation => ({
  kind: "poor_quality",
  quality: { ...GOOD, headPoseYawDegrees: yaw },
  defects: ["HeadPoseYaw"],
});

/** The challenge after these faces, a tenth of a second apart, of somebody who is recognized. */
const after = (rules: ChallengeRules, seen: readonly Observation[], more: Partial<Step> = {}): Challenge =>
  seen.reduce<Challenge>(
    (challenge, observation, i) =>
      challenged(
        challenge,
        { observation, atMs: i * 100, broken: false, recognized: true, waitedMs: 0, ...more },
        rules,
      ),
    { kind: "idle" },
  );
const times = <T>(count: number, one: T) => Array.from({ length: count }, () => one);

/** Asked with the first of these faces; whoever turns after them has heard it. */
const ASKED = times(3, turned(0));
/** Back from a turn, until the next one is asked for. */
const FACING = times(FACING_MS / 100 + 1, turned(0));

t.test("to the side that was asked for, and back; also further than can be compared", async (t) => {
  t.match(after(ALWAYS, [turned(0)]), { kind: "turning", turn: 0 });
  t.match(after(ALWAYS, [...ASKED, turned(14)]), { kind: "turning" });
  t.match(after(ALWAYS, [...ASKED, turned(15)]), { kind: "returning" });
  t.match(after(ALWAYS, [...ASKED, away(45)]), { kind: "returning" });
  t.match(
    after(ALWAYS, [...ASKED, turned(15), away(2)]),
    { kind: "returning" },
    "only a face that was compared counts",
  );
  t.match(after(ALWAYS, [...ASKED, turned(15), turned(2)]), { kind: "done", turn: 0 });
  t.match(after({ ...ALWAYS, sides: ["right"] }, [...ASKED, turned(-20), turned(-2)]), { kind: "done" });
});

t.test("the wrong side fails, and there is no second try", async (t) => {
  const wrong = [turned(0), turned(-16)];
  t.match(after(ALWAYS, wrong), { kind: "failed", why: "wrong_side" });
  t.match(after(ALWAYS, [...wrong, turned(0), turned(20), turned(0)]), { kind: "failed" });
});

t.test("a pose in the first picture after a jump passes nothing and fails nothing", async (t) => {
  const jumped = (yaw: number): Observation => ({ ...scored(0.9), ...turned(yaw), jumped: true }) as Observation;
  t.match(after(ALWAYS, [jumped(0)]), { kind: "idle" }, "who just came is not asked");
  t.match(after(ALWAYS, [...ASKED, jumped(20)]), { kind: "turning" });
  t.match(after(ALWAYS, [...ASKED, jumped(-20)]), { kind: "turning" });
  t.match(after(ALWAYS, [...ASKED, jumped(-20), turned(-20)]), { kind: "failed", why: "wrong_side" });
  t.match(after(ALWAYS, [...ASKED, turned(20), jumped(0)]), { kind: "returning" });
});

t.test("it must be done in time", async (t) => {
  const wait = TURN_WITHIN_MS / 100;
  t.match(after(ALWAYS, [turned(0), ...times(wait - 1, turned(0)), turned(20)]), { kind: "returning" });
  t.match(after(ALWAYS, [turned(0), ...times(wait + 1, turned(0)), turned(20)]), { kind: "failed", why: "late" });
});

t.test("a head that was on its way before it was asked has not answered", async (t) => {
  const heard = REACTS_AFTER_MS / 100;
  t.match(after(ALWAYS, [...times(heard, turned(0)), turned(15)]), { kind: "returning" });
  t.match(after(ALWAYS, [...times(heard - 1, turned(0)), turned(15)]), { kind: "failed", why: "by_itself" });
});

t.test("only a frontal face is asked, once somebody is recognized and has waited", async (t) => {
  const needed: ChallengeRules = { policy: "if_needed", sides: ["left"] };
  t.match(after(ALWAYS, [turned(12)]), { kind: "idle" }, "it might meet it by itself");
  t.match(after(ALWAYS, [turned(0)], { recognized: false }), { kind: "idle" });
  t.match(after(needed, [turned(0)], { waitedMs: ASK_AFTER_MS - 1 }), { kind: "idle" });
  t.match(after(needed, [turned(0)], { waitedMs: ASK_AFTER_MS }), { kind: "turning" });
  t.ok(ASK_AFTER_MS <= 1_500);
  t.match(after({ ...needed, policy: "never" }, [turned(0)], { waitedMs: 60_000 }), { kind: "idle" });
});

t.test("two turns are asked for one after the other, with a face to the camera between them", async (t) => {
  const two: ChallengeRules = { policy: "always", sides: ["left", "right"] };
  const first = [...ASKED, turned(20), ...FACING];
  t.match(after(two, first.slice(0, -1)), { kind: "facing", turn: 0 });
  t.equal(promptOf(after(two, first.slice(0, -1)), two), "look_at_the_camera");
  t.match(after(two, first), { kind: "turning", turn: 1 });
  t.equal(metTurns(after(two, first)), 1);
  const second = [...first, ...ASKED];
  t.match(after(two, [...second, turned(20)]), { kind: "failed", turn: 1, why: "wrong_side" });
  t.equal(metTurns(after(two, [...second, turned(-20), turned(0)])), 2);
});

t.test("a head that turns again before it is asked to turned by itself the first time, too", async (t) => {
  const two: ChallengeRules = { policy: "always", sides: ["left", "right"] };
  const unasked = after(two, [...ASKED, turned(20), turned(0), turned(-20)]);
  t.match(unasked, { kind: "failed", turn: 0, why: "by_itself" });
  t.equal(metTurns(unasked), 0);
  const aside = [...ASKED, turned(20), turned(0), ...times(10, turned(12))];
  t.match(after(two, aside), { kind: "facing" }, "who looks aside is asked a moment later");
  t.match(after(two, [...aside, turned(0)]), { kind: "turning", turn: 1 });
  const late = after(two, [...aside, ...times(30, turned(12))]);
  t.match(late, { kind: "failed", why: "late" });
  t.equal(metTurns(late), 1, "the first turn was made");
  t.equal(metTurns(after(two, [...ASKED, ...times(40, turned(0))])), 0, "none was made");
});

t.test("who comes after a broken run has failed the try", async (t) => {
  t.match(after(ALWAYS, [...ASKED, turned(20)], { broken: true }), { kind: "failed", why: "late" });
});

const RULES: Rules = { threshold: 0.5, bonaFideAtLeast: 0.3, attackBelow: 0.05, challenge: ALWAYS };

const play = (rules: Rules, ...seen: readonly Observation[]): SessionState =>
  seen.reduce<SessionState>(
    (state, observation, i) => {
      const event: SessionEvent = { kind: "observed", observation, atMs: i * 100 };
      return next(state, event, rules);
    },
    next(STARTED, { kind: "enrolled" }, rules),
  );

t.test("where it is always asked there is no match without it, and it is said at once", async (t) => {
  t.equal(hintOf(play(RULES, ...times(6, scored(0.9)))), "turn_left");
  t.match(play(RULES, ...times(40, scored(0.9))), {
    verdict: { decision: "inconclusive", reason: "liveness_unproven", detail: /not turned as asked/, suspected: false },
  });
  t.equal(hintOf(play(RULES, ...times(6, scored(0.9)), turned(20))), "look_at_the_camera");
  t.match(play(RULES, ...times(6, scored(0.9)), turned(20), scored(0.9)), {
    verdict: { decision: "match", evidence: { turns: { asked: 1, met: 1 } } },
  });
});

t.test("high assurance always asks", async (t) => {
  const high: Rules = { ...RULES, assurance: "high", challenge: { policy: "never", sides: ["left", "right"] } };
  t.equal(hintOf(play(high, ...times(6, scored(0.9)))), "turn_left");
  const met = [...times(6, scored(0.9)), turned(20), ...FACING, ...ASKED, turned(-20), turned(0)];
  t.match(play(high, ...met), { verdict: { decision: "match", evidence: { turns: { asked: 2, met: 2 } } } });
});

t.test("a photograph that is tilted as asked is still a photograph", async (t) => {
  const flat = [...times(6, turned(0, [])), ...times(4, turned(20, [])), ...times(50, turned(0, []))];
  t.equal(play(RULES, ...flat).kind, "looking");
  t.match(next(play(RULES, ...flat), { kind: "deadline" }, RULES), {
    verdict: { decision: "inconclusive", reason: "liveness_unproven" },
  });
});

t.test("where it is asked if needed, a quiet person hears the request and a lively one never does", async (t) => {
  const rules: Rules = { ...RULES, challenge: { policy: "if_needed", sides: ["right"] } };
  t.match(play(rules, ...times(5, scored(0.9))), { verdict: { decision: "match" } });
  const quiet = times(60, scored(0.9, 0.99, []));
  t.equal(hintOf(play(rules, ...quiet.slice(0, 12))), null);
  t.equal(hintOf(play(rules, ...quiet.slice(0, 14))), "turn_right", "a second after it was recognized");
});
