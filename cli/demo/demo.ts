import type { Progress } from "../../protocol/messages/contract.ts";
import { loadMedia } from "./media.ts";
import { type Outcome, type Past, play } from "./play.ts";
import { SCENARIOS } from "./scenarios.ts";
import { openScreen, type Screen, silentScreen } from "./screen.ts";
import { setStage } from "./stage.ts";

/** Plays all scenarios and shows them, or prints a line of JSON for each. */
export async function playAll(json: boolean, print: (line: string) => void): Promise<readonly Outcome[]> {
  const screen = json ? silentScreen() : openScreen(process.stdout);
  const media = await loadMedia((text) => screen.line(text));
  const past: Past = { requests: new Map(), outcomes: new Map() };
  await using stage = await setStage(media.path("franck.mp4"), screen.light);
  for (const [i, scenario] of SCENARIOS.entries()) {
    screen.heading(`${i + 1}/${SCENARIOS.length}  ${scenario.title}`);
    const outcome = await play(scenario, stage, media, past, (progress) => showProgress(screen, progress));
    past.outcomes.set(scenario.name, outcome);
    showOutcome(screen, outcome);
    if (json) print(JSON.stringify(asJson(outcome)));
  }
  return [...past.outcomes.values()];
}

function showProgress(screen: Screen, { stage, hint }: Progress): void {
  if (stage === "hint") screen.line(`    hint: ${hint ? hint.replaceAll("_", " ") : "thank you, stay like this"}`);
  else screen.line(`    ${stage}`);
}

function showOutcome(screen: Screen, outcome: Outcome): void {
  const { asExpected, trouble } = outcome;
  screen.line(`    → ${endingOf(outcome)}${asExpected ? "" : "   UNEXPECTED"}${trouble ? `: ${trouble}` : ""}`);
}

/** The end of a scenario in a few words. */
export function endingOf({ report, refusal, scenario }: Outcome): string {
  if (refusal) return `refused/${refusal}`;
  if (!report) return "no answer";
  const { decision, reason } = report.claims;
  const ending = reason ? `${decision}/${reason}` : decision;
  return "sameAs" in scenario.ends ? `${ending}, the same report` : ending;
}

function asJson(outcome: Outcome): object {
  const { scenario, asExpected, tookMs, report, refusal, trouble } = outcome;
  const claims = report?.claims;
  return {
    scenario: scenario.name,
    asExpected,
    verified: report !== undefined,
    decision: claims?.decision ?? (refusal ? "refused" : "failed"),
    reason: claims?.reason ?? refusal ?? trouble ?? null,
    similarity: claims?.similarity ?? null,
    threshold: claims?.threshold ?? null,
    liveness: claims?.liveness ?? null,
    frames: claims?.frames ?? null,
    seq: claims?.seq ?? null,
    tookMs: Math.round(tookMs),
  };
}
