import t from "tap";
import { REACTS_AFTER_MS } from "../../../device/session/challenge.ts";
import type { Rules } from "../../../device/session/decision.ts";
import {
  hintOf,
  next,
  type SessionEvent,
  type SessionState,
  STARTED,
  wantedOf,
} from "../../../device/session/session.ts";
import { GOOD, scored } from "../../support/scores.ts";

const RULES: Rules = { threshold: 0.5, bonaFideAtLeast: 0.3, attackBelow: 0.05 };

const play = (...events: readonly SessionEvent[]): SessionState =>
  events.reduce((state, event) => next(state, event, RULES), STARTED);

const enrolled: SessionEvent = { kind: "enrolled" };
const seen = (similarity: number): SessionEvent => ({ kind: "observed", observation: scored(similarity), atMs: 0 });
const empty: SessionEvent = { kind: "observed", observation: { kind: "no_face" }, atMs: 0 };

const EVENTS: readonly SessionEvent[] = [
  enrolled,
  { kind: "reference_unusable", problem: "no_face", detail: "" },
  seen(0.9),
  empty,
  { kind: "camera_lost", detail: "gone" },
  { kind: "device_fault", detail: "broken" },
  { kind: "stopped", because: "cancelled" },
  { kind: "stopped", because: "declined" },
  { kind: "stopped", because: "interrupted" },
  { kind: "deadline" },
];

t.test("enrolled, five frames that agree, match", async (t) => {
  t.match(play(enrolled, ...Array.from({ length: 5 }, () => seen(0.9))), {
    kind: "ended",
    verdict: { decision: "match" },
  });
});

t.test("every way to end early has its reason", async (t) => {
  const reasonOf = (event: SessionEvent) => {
    const state = play(event);
    return state.kind === "ended" ? state.verdict.reason : state.kind;
  };
  t.same(EVENTS.map(reasonOf), [
    "looking",
    "reference_unusable",
    "enrolling",
    "enrolling",
    "camera_lost",
    "device_fault",
    "cancelled",
    "declined",
    "interrupted",
    "timeout",
  ]);
});

t.test("an ended session stays as it ended, whatever happens", async (t) => {
  const ended = play(enrolled, { kind: "stopped", because: "cancelled" });
  for (const event of EVENTS) t.equal(next(ended, event, RULES), ended, event.kind);
});

t.test("frames seen before the reference is ready do not count", async (t) => {
  t.same(play(seen(0.9), seen(0.9), seen(0.9)), STARTED);
});

t.test("a person who keeps still is asked to move, after a while and not before", async (t) => {
  const still = (atMs: number): SessionEvent => ({ kind: "observed", observation: scored(0.9, 0.99, []), atMs });
  const looks = (count: number) => Array.from({ length: count }, (_, i) => still(i * 100));
  t.equal(hintOf(play(enrolled, ...looks(12))), null);
  t.equal(hintOf(play(enrolled, ...looks(17))), "move_a_little");
  t.match(play(enrolled, ...looks(50), { kind: "deadline" }), {
    kind: "ended",
    verdict: { decision: "inconclusive", reason: "liveness_unproven" },
  });
});

t.test("somebody who leaves is never suspected", async (t) => {
  const attack = (atMs: number): SessionEvent => ({ kind: "observed", observation: scored(0.9, 0.01), atMs });
  const frames = Array.from({ length: 60 }, (_, i) => attack(i * 100));
  for (const because of ["cancelled", "declined", "interrupted"] as const) {
    const left = play(enrolled, ...frames, { kind: "stopped", because });
    t.ok(left.kind === "ended" && !left.verdict.suspected, because);
  }
  t.match(play(enrolled, ...frames, { kind: "deadline" }), { verdict: { suspected: true } }, "who stays is");
});

t.test("hints follow the time of the frames, not their number", async (t) => {
  const nobody = (atMs: number): SessionEvent => ({ kind: "observed", observation: { kind: "no_face" }, atMs });
  const times = (...at: readonly number[]) => play(enrolled, ...at.map(nobody));
  t.equal(hintOf(times(0, 100, 200, 300, 400, 500, 600)), null);
  t.equal(hintOf(times(0, 700)), "step_in_front");
});

t.test("somebody whose liveness is in doubt is told what helps", async (t) => {
  const doubtful = (atMs: number): SessionEvent => ({ kind: "observed", observation: scored(0.9, 0.1), atMs });
  const state = play(enrolled, ...Array.from({ length: 24 }, (_, i) => doubtful(i * 100)));
  t.equal(hintOf(state), "hold_still");
});

t.test("what is open: all, then the liveness of who is recognized, then signs of life", async (t) => {
  const after = (liveness: number, count: number, rules = RULES) => {
    const frames = Array.from({ length: count }, (_, i): SessionEvent => {
      return { kind: "observed", observation: scored(0.9, i === 1 ? 0.1 : liveness, []), atMs: i * 100 };
    });
    return wantedOf(
      [enrolled, ...frames].reduce((state, event) => next(state, event, rules), STARTED),
      rules,
    );
  };
  t.equal(after(0.9, 2), "all");
  t.equal(after(0.9, 3), "liveness", "the second frame was a bad one");
  t.equal(after(0.9, 4), "signs");
  t.equal(after(0.2, 4), "liveness");
  t.equal(after(0.2, 9), "all", "in doubt everything is looked at");
  t.equal(after(0.9, 9, { ...RULES, assurance: "high" }), "all");
});

t.test("while a head comes back from a turn that was asked for it is compared", async (t) => {
  const rules: Rules = { ...RULES, challenge: { policy: "if_needed", sides: ["left"] } };
  const facing = (yaw: number): SessionEvent => {
    const frame = scored(0.9, 0.99, []);
    const quality = { ...frame.quality, headPoseYawDegrees: yaw };
    return { kind: "observed", observation: { ...frame, quality }, atMs: 0 };
  };
  const at = (event: SessionEvent, i: number): SessionEvent =>
    event.kind === "observed" ? { ...event, atMs: i * 100 } : event;
  const wantedAfter = (...yaws: readonly number[]) => {
    const events = [enrolled, ...yaws.map((yaw, i) => at(facing(yaw), i))];
    return wantedOf(
      events.reduce((state, event) => next(state, event, rules), STARTED),
      rules,
    );
  };
  const asked = Array.from({ length: 14 + REACTS_AFTER_MS / 100 }, () => 0);
  t.equal(wantedAfter(...asked), "signs");
  t.equal(wantedAfter(...asked, 20), "all");
  t.equal(wantedAfter(...asked, 20, 0), "signs");
});

t.test("a request to turn is shown at once, and what was advised before it is not said after it", async (t) => {
  const rules: Rules = { ...RULES, challenge: { policy: "if_needed", sides: ["left"] } };
  const rolled = { ...scored(0.9, 0.2, []), quality: { ...GOOD, headPoseRollDegrees: 20 } };
  const frontal = scored(0.9, 0.2, []);
  let state = next(STARTED, enrolled, rules);
  const said: (string | null)[] = [];
  for (let i = 0; i < 72; i++) {
    const observation = i < 12 ? rolled : frontal;
    state = next(state, { kind: "observed", observation, atMs: i * 100 }, rules);
    if (hintOf(state) !== said.at(-1)) said.push(hintOf(state));
    if (state.kind === "looking" && state.challenge?.kind === "turning") t.equal(hintOf(state), "turn_left");
  }
  t.ok(said.includes("turn_left"), said.join());
  t.notOk(said.slice(said.indexOf("turn_left")).includes("hold_head_straight"), said.join());
});
