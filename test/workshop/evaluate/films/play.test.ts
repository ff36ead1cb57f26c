import t from "tap";
import type { Side } from "../../../../device/session/challenge.ts";
import type { Rules } from "../../../../device/session/decision.ts";
import type { Observation } from "../../../../models/pipeline/observation.ts";
import { decideOn } from "../../../../workshop/evaluate/films/play.ts";
import { GOOD, scored } from "../../../support/scores.ts";

const facing = (yaw: number): Observation => ({
  ...scored(0.9, 0.99, ["eyes"]),
  quality: { ...GOOD, headPoseYawDegrees: yaw },
});
const times = (count: number, yaw: number) => Array.from({ length: count }, () => facing(yaw));
const asking = (...sides: readonly Side[]): Rules => ({
  threshold: 0.5,
  bonaFideAtLeast: 0.3,
  attackBelow: 0.05,
  assurance: "high",
  challenge: { policy: "always", sides },
});

t.test("a film that turns left, then right, meets one of four pairs of sides", async (t) => {
  const film = [...times(6, 0), ...times(3, 20), ...times(9, 0), ...times(3, -20), ...times(3, 0)];
  const decided = (...sides: readonly Side[]) => decideOn(film, asking(...sides), 10);
  t.match(decided("left", "right").verdict, { decision: "match", evidence: { turns: { asked: 2, met: 2 } } });
  for (const sides of [
    ["left", "left"],
    ["right", "left"],
    ["right", "right"],
  ] as const) {
    t.match(decided(...sides).verdict, { decision: "inconclusive", reason: "liveness_unproven" }, sides.join(", "));
  }
  t.match(decided("left", "right"), {
    moments: { askedAtMs: 200 },
    hints: ["turn_left", "look_at_the_camera", "turn_right"],
  });
});

t.test("a film that turns nowhere meets none, and is asked once", async (t) => {
  const { verdict, tookMs } = decideOn(times(100, 0), asking("left", "left"), 10);
  t.match(verdict, { decision: "inconclusive", evidence: { turns: { asked: 1, met: 0 } } });
  t.ok(tookMs > 3_000 && tookMs < 3_500, String(tookMs));
});

t.test("an attempt says when a usable face and a sign of life were first seen", async (t) => {
  const standard = { ...asking(), assurance: "standard", challenge: { policy: "never", sides: [] } } as const;
  const nobody: Observation = { kind: "no_face" };
  const still: Observation = { ...scored(0.9, 0.99, ["mouth"]) };
  const film = [nobody, nobody, ...Array.from({ length: 5 }, () => still), ...times(9, 0)];
  t.match(decideOn(film, standard, 10), {
    verdict: { decision: "match" },
    tookMs: 800,
    moments: { usableAtMs: 200, signAtMs: 700 },
  });
  t.match(decideOn(film.slice(0, 5), standard, 10).moments, { usableAtMs: 200, signAtMs: undefined });
});
