import { CarrierError, type Prepared, type VerifiedReport } from "../../carrier/client.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import type { Progress, RefusalCode } from "../../protocol/messages/contract.ts";
import { chipPhoto } from "./chip.ts";
import type { Media } from "./media.ts";
import type { Scenario } from "./scenarios.ts";
import type { Stage } from "./stage.ts";

/** The end of a scenario, and whether it is the expected one. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly asExpected: boolean;
  readonly tookMs: number;
  readonly report?: VerifiedReport;
  readonly refusal?: RefusalCode;
  readonly trouble?: string;
}

/** Requests and outcomes of the earlier scenarios, by name. */
export interface Past {
  readonly requests: Map<string, Prepared>;
  readonly outcomes: Map<string, Outcome>;
}

/** Plays one scenario. Never throws: an error is its outcome. */
export async function play(
  scenario: Scenario,
  stage: Stage,
  media: Media,
  past: Past,
  onProgress: (progress: Progress) => void,
): Promise<Outcome> {
  stage.setFilm(media.path(scenario.film));
  const startedMs = performance.now();
  const openedBefore = stage.openings();
  const ending = await request(scenario, stage, media, past)
    .then((prepared) => stage.carrier.send(prepared, onProgress))
    .then((report) => ({ report }))
    .catch((error: unknown) => failure(error));
  const tookMs = performance.now() - startedMs;
  const outcome = { scenario, tookMs, ...ending };
  const looked = stage.openings() > openedBefore;
  return { ...outcome, asExpected: isAsExpected(outcome, past, looked) };
}

async function request({ name, reference, timeoutMs, sent }: Scenario, { carrier }: Stage, media: Media, past: Past) {
  if (typeof sent === "object") {
    const again = past.requests.get(sent.again);
    if (!again) throw new Error(`nothing was sent for ${sent.again}`);
    return again;
  }
  const prepared = await carrier.prepare({
    reference: await chipPhoto(media.path(reference)),
    consent: { id: `demo-${name}`, at: Math.floor(Date.now() / 1000), notice: "demonstration-1" },
    purpose: "demonstration",
    policy: { timeoutMs },
  });
  past.requests.set(name, prepared);
  return sent === "tampered" ? tampered(prepared) : prepared;
}

/** Changes one character in the middle of the ciphertext. */
function tampered(prepared: Prepared): Prepared {
  const at = Math.floor(prepared.sealed.length / 2);
  const other = prepared.sealed[at] === "A" ? "B" : "A";
  const sealed = prepared.sealed.slice(0, at) + other + prepared.sealed.slice(at + 1);
  return { ...prepared, sealed, digest: digest(sealed) };
}

function failure(error: unknown): Pick<Outcome, "refusal" | "trouble"> {
  if (error instanceof CarrierError && error.refusal) return { refusal: error.refusal };
  return { trouble: error instanceof Error ? error.message : String(error) };
}

function isAsExpected(
  { scenario, report, refusal }: Omit<Outcome, "asExpected">,
  past: Past,
  looked: boolean,
): boolean {
  const { ends } = scenario;
  if ("refusal" in ends) return refusal === ends.refusal && !looked;
  if ("sameAs" in ends)
    return report !== undefined && report.token === past.outcomes.get(ends.sameAs)?.report?.token && !looked;
  return report?.claims.decision === ends.decision && report.claims.reason === ends.reason;
}
