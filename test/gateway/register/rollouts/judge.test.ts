import { setImmediate as othersRan } from "node:timers/promises";
import t from "tap";
import {
  type Comparison,
  FALSE_ALARM,
  type Figures,
  judge,
  LOOKS,
  levelOf,
} from "../../../../gateway/register/rollouts/judge.ts";
import { decide, type Progress } from "../../../../gateway/register/rollouts/stage.ts";
import { fisher, oddsRise } from "../../../../gateway/register/rollouts/statistics.ts";

const share = (bad: number, of: number) => ({ bad, of });
const same = { before: share(20, 200), after: share(20, 200) };
const quiet: Figures = {
  refused: share(0, 10),
  faults: { changed: share(0, 10), baseline: share(5, 1_000) },
  verifications: {
    inconclusive: { stage: same, others: same },
    no_match: { stage: same, others: same },
    slow: { stage: same, others: same },
  },
};
const PLAN = { stages: 3, least: 200 };
const worse = (figures: Figures, plan = PLAN) =>
  judge(figures, plan)
    .filter((one) => one.worse)
    .map(({ figure }) => figure);
const withInconclusive = (compared: Figures["verifications"]["inconclusive"]): Figures => ({
  ...quiet,
  verifications: { ...quiet.verifications, inconclusive: compared },
});

t.test("the tests give what tables give", async (t) => {
  t.ok(Math.abs(fisher(share(3, 4), share(1, 4)) - 17 / 70) < 1e-9, "the lady who tastes tea");
  t.ok(Math.abs(fisher(share(1, 1), share(0, 100)) - 1 / 101) < 1e-9);
  t.equal(fisher(share(0, 0), share(3, 100)), 1, "no camera yet");
  // (log((30.5/70.5) / (10.5/90.5)) - 0) / sqrt(1/30.5 + 1/70.5 + 1/10.5 + 1/90.5 + 2/20.5 + 2/180.5)
  t.ok(Math.abs(oddsRise({ before: share(10, 100), after: share(30, 100) }, same) - 0.00497) < 2e-4);
  t.ok(Math.abs(oddsRise(same, same) - 0.5) < 1e-6);
  t.ok(fisher(share(60, 500), share(3_000, 50_000)) < 1e-5, "also for large fleets");
});

t.test("each figure that is worse is named, and nothing else", async (t) => {
  t.same(worse(quiet), []);
  t.same(worse({ ...quiet, refused: share(6, 10) }), ["refused"]);
  t.same(worse({ ...quiet, faults: { changed: share(4, 10), baseline: share(5, 1_000) } }), ["faults"]);
  t.same(worse(withInconclusive({ stage: { before: share(20, 200), after: share(60, 200) }, others: same })), [
    "inconclusive",
  ]);
});

t.test("what happens to all cameras is not the change's fault", async (t) => {
  const rose = { before: share(20, 200), after: share(60, 200) };
  t.same(worse(withInconclusive({ stage: rose, others: rose })), []);
  const few = { before: share(1, 10), after: share(3, 10) };
  t.same(worse(withInconclusive({ stage: rose, others: few })), ["inconclusive"], "too few say nothing");
});

t.test("a camera without a past is compared with the others, and nothing is said without them", async (t) => {
  const fresh = { before: share(0, 0), after: share(60, 200) };
  t.same(worse(withInconclusive({ stage: fresh, others: same })), ["inconclusive"]);
  const nobody = { before: share(0, 0), after: share(0, 0) };
  const [, , found] = judge(withInconclusive({ stage: fresh, others: nobody }), PLAN);
  t.match(found, { figure: "inconclusive", chance: undefined, worse: false });
});

t.test("a difference that is certain and small is left", async (t) => {
  const stage = { before: share(100_000, 1_000_000), after: share(110_000, 1_000_000) };
  const compared = { stage, others: { before: share(0, 0), after: share(0, 0) } };
  const [, , found] = judge(withInconclusive(compared), PLAN);
  t.ok((found?.chance ?? 1) < 1e-9);
  t.equal(found?.worse, false);
});

/** Numbers that are the same in every run. */
function random(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/**
 * Plays a rollout of 300 cameras in three stages, four looks each. Cameras differ: their shares of verifications without a
 * result spread from 0 to 30 %, one camera in thirty has a fault at any time, and each stage all cameras drift together.
 */
function playRollout(next: () => number, rise: number, kind: "odds" | "points" | "quiet"): boolean {
  const cameras = Array.from({ length: 300 }, () => next() * (kind === "quiet" ? 0.03 : 0.3));
  const draw = (of: readonly number[], perCamera: number, by: (share: number) => number) => {
    let bad = 0;
    for (const one of of) for (let i = 0; i < perCamera; i++) if (next() < by(one)) bad++;
    return share(bad, of.length * perCamera);
  };
  const plan = { stages: 3, least: 60 };
  return [cameras.slice(0, 3), cameras.slice(3, 30), cameras.slice(30)].some((stage) => {
    const others = cameras.filter((one) => !stage.includes(one));
    const drift = next() - 0.5;
    const drifted = (one: number) =>
      kind === "points" ? one + drift * 0.1 : 1 / (1 + Math.exp(-Math.log(one / (1 - one)) - drift));
    const figure = (by: number) => {
      const before = { stage: draw(stage, 24, (one) => one), others: draw(others, 4, (one) => one) };
      // A look sees what the look before saw, and more.
      const seen = { stage: share(0, 0), others: share(0, 0) };
      return () => {
        const [more, besides] = [draw(stage, 6, (one) => drifted(one) + by), draw(others, 1, drifted)];
        seen.stage = share(seen.stage.bad + more.bad, seen.stage.of + more.of);
        seen.others = share(seen.others.bad + besides.bad, seen.others.of + besides.of);
        return {
          stage: { before: before.stage, after: seen.stage },
          others: { before: before.others, after: seen.others },
        };
      };
    };
    const [inconclusive, noMatch, slow] = [figure(rise), figure(0), figure(0)];
    const faulty = () => draw(cameras, 1, () => 1 / 30);
    const atStart = faulty();
    return Array.from({ length: LOOKS }).some(() => {
      const waiting = draw(others, 1, () => 1 / 30);
      const faults = {
        changed: draw(stage, 1, () => 1 / 30),
        baseline: share(atStart.bad + waiting.bad, atStart.of + waiting.of),
      };
      const verifications = { inconclusive: inconclusive(), no_match: noMatch(), slow: slow() };
      return judge({ refused: share(0, stage.length), faults, verifications }, plan).some((one) => one.worse);
    });
  });
}

t.test("rollouts that change nothing are halted no more often than is stated, and worse ones are", async (t) => {
  const next = random(20_261_128);
  /** Other tests of this process have connections that must not wait for all runs. */
  const halted = async (runs: number, rise: number, kind: "odds" | "points" | "quiet") => {
    let count = 0;
    for (let run = 0; run < runs; run++) {
      if (playRollout(next, rise, kind)) count++;
      await othersRan();
    }
    return count / runs;
  };
  const [odds, points] = [await halted(100, 0, "odds"), await halted(100, 0, "points")];
  const [quiet, ten, twenty] = [
    await halted(100, 0, "quiet"),
    await halted(20, 0.1, "odds"),
    await halted(20, 0.2, "odds"),
  ];
  t.comment(`halted of rollouts without a change: ${odds} (drift of odds), ${points} (of points), ${quiet} (quiet)`);
  t.comment(`halted of those with 10 points more without a result: ${ten}, with 20: ${twenty}`);
  // Three standard errors above what is stated.
  const most = FALSE_ALARM + 3 * Math.sqrt((FALSE_ALARM * (1 - FALSE_ALARM)) / 100);
  for (const alarms of [odds, points, quiet]) t.ok(alarms <= most, `${alarms}`);
  t.ok(twenty >= 0.9, `${twenty}`);
  t.ok(levelOf(PLAN) * 4 * LOOKS * 3 <= FALSE_ALARM + 1e-12, "Bonferroni over figures, looks and stages");
});

t.test("a stage is judged at its quarters, by time and by verifications", async (t) => {
  const well = judge(quiet, PLAN);
  const bad = judge({ ...quiet, faults: { changed: share(4, 10), baseline: share(5, 1_000) } }, PLAN);
  const refused = judge({ ...quiet, refused: share(1, 1) }, PLAN);
  const at = (change: Partial<Progress>, comparisons: readonly Comparison[] = well) =>
    decide({ sinceMs: 1_000, stageMs: 1_000, verifications: 200, least: 200, looks: 3, ...change }, comparisons);
  t.same(at({}), { kind: "next" });
  t.same(at({ sinceMs: 999 }), { kind: "wait", for: "time" });
  t.same(at({ verifications: 199 }), { kind: "wait", for: "verifications" });
  t.same(at({ sinceMs: 500, looks: 1 }), { kind: "look", looks: 2 });
  t.match(at({ sinceMs: 500, looks: 1 }, bad), { kind: "halt", worse: [{ figure: "faults" }] });
  t.same(
    at({ sinceMs: 500, looks: 2 }, bad),
    { kind: "wait", for: "time" },
    "between looks nothing is found by chance",
  );
  t.match(at({ sinceMs: 1, looks: 0 }, refused), { kind: "halt" }, "a refusal is none");
  const [first, ...rest] = well;
  const blind = [first, ...rest.map((one) => ({ ...one, chance: undefined }))] as readonly Comparison[];
  t.same(at({}, blind), { kind: "look", looks: 4 });
  t.same(at({ looks: 4 }, blind), { kind: "wait", for: "baseline" });
});
