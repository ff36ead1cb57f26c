import type { AcceptanceCard, Comparison } from "../../models/pack/acceptance-card.ts";
import { ModelError } from "../../models/pack/errors.ts";
import type { Threshold } from "../../models/pack/manifest.ts";
import type { CommandRefusalCode } from "../../protocol/messages/command-contract.ts";
import { CommandRefusal } from "../../protocol/readers/command-reader.ts";
import { DeviceFault, type FaultCode } from "../faults.ts";
import type { Inference } from "../inference/inference.ts";
import type { Look } from "../inference/inference-messages.ts";

/** The result of one comparison of a card on this device. */
export interface Measured {
  readonly comparison: Comparison;
  readonly seen: Look | { readonly kind: "reference_unusable"; readonly detail: string };
  readonly lookMs: number;
}

/**
 * Makes the comparisons of a pack's card on a thread that holds the pack and no template of a person. Each frame is analysed
 * twice and only the second run is timed, because a network allocates its memory in the first one. Throws DeviceFault if the
 * thread fails.
 */
export async function measurePack(
  inference: Pick<Inference, "enrol" | "look" | "forget">,
  { pictures, comparisons }: AcceptanceCard,
  nowMs: () => number,
): Promise<readonly Measured[]> {
  const bytes = (name: string) => Buffer.from(pictures[name] ?? "", "base64");
  const frame = (name: string) => ({ format: "MJPG", width: 0, height: 0, strideBytes: 0, data: bytes(name) }) as const;
  const measured: Measured[] = [];
  for (const comparison of comparisons) {
    const enrolled = await inference.enrol(bytes(comparison.reference));
    if (enrolled.kind === "unusable") {
      measured.push({ comparison, seen: { kind: "reference_unusable", detail: enrolled.detail }, lookMs: 0 });
      continue;
    }
    await inference.look(frame(comparison.probe));
    const startedMs = nowMs();
    const seen = await inference.look(frame(comparison.probe));
    measured.push({ comparison, seen, lookMs: nowMs() - startedMs });
  }
  await inference.forget();
  return measured;
}

/** Why a pack does not meet its card. */
type AcceptanceProblem = { readonly code: "worse_than_card" | "too_slow"; readonly detail: string };

/** Compares the measurements with the card and the pack's own thresholds. Undefined if the pack meets its card. Pure. */
export function judgePack(
  measured: readonly Measured[],
  { lookAtMostMs }: Pick<AcceptanceCard, "lookAtMostMs">,
  {
    thresholds,
    bonaFideAtLeast,
  }: { readonly thresholds: readonly Pick<Threshold, "similarity">[]; readonly bonaFideAtLeast: number },
): AcceptanceProblem | undefined {
  const lowest = Math.min(...thresholds.map(({ similarity }) => similarity));
  for (const one of measured) {
    const detail = differs(one, lowest, bonaFideAtLeast);
    if (detail) return { code: "worse_than_card", detail: `${nameOf(one)} ${detail}` };
  }
  const times = measured.map(({ lookMs }) => lookMs).sort((a, b) => a - b);
  const medianMs = times[times.length >> 1] ?? 0;
  if (medianMs <= lookAtMostMs) return undefined;
  return { code: "too_slow", detail: `a look takes ${medianMs.toFixed(0)} ms, its card allows ${lookAtMostMs} ms` };
}

function differs({ comparison, seen }: Measured, lowest: number, bonaFideAtLeast: number): string | undefined {
  if (seen.kind !== "scored") return `gives no score: ${seen.kind}`;
  const { similarity, liveness, tolerance, mated } = comparison;
  const far = (is: number, said: number) => Math.abs(is - said) > tolerance;
  if (far(seen.similarity, similarity)) return `scores ${seen.similarity.toFixed(3)}, its card says ${similarity}`;
  if (far(seen.liveness, liveness)) return `has liveness ${seen.liveness.toFixed(3)}, its card says ${liveness}`;
  if (mated && seen.similarity < lowest)
    return `is one person and scores ${seen.similarity.toFixed(3)}, below ${lowest}`;
  // The board may score lower than the card within the tolerance, so the card's own score must be below the threshold, too.
  const reached = Math.max(seen.similarity, similarity);
  if (!mated && reached >= lowest) return `are two people and score ${reached.toFixed(3)}, over ${lowest}`;
  if (mated && seen.liveness < bonaFideAtLeast) return `is alive and has liveness ${seen.liveness.toFixed(3)}`;
  return undefined;
}

function nameOf({ comparison: { reference, probe } }: Measured): string {
  return `"${reference}" and "${probe}"`;
}

/** The refusal codes for faults of a thread with a pack. */
const REFUSED_AS: Partial<Record<FaultCode, CommandRefusalCode>> = {
  pack_refused: "pack_mismatch",
  self_test_failed: "worse_than_card",
  inference_failed: "measuring_failed",
};

/** Throws an error of a pack as a CommandRefusal, and any other error unchanged. */
export function asRefusal(error: unknown): never {
  if (error instanceof ModelError) {
    throw new CommandRefusal(error.code === "pack_altered" ? "pack_altered" : "pack_invalid", error.message);
  }
  const code = error instanceof DeviceFault ? REFUSED_AS[error.code] : undefined;
  if (code) throw new CommandRefusal(code, (error as DeviceFault).message);
  throw error;
}
