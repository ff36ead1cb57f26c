import type { Reporter } from "../../../cli/console/progress.ts";
import { loadMedia } from "../../../cli/demo/media.ts";
import type { NetworkEntry } from "../../../models/pack/manifest.ts";
import type { NetworkName, Pack } from "../../../models/pack/pack.ts";
import { type Recorded, recordInputs } from "../inputs/record-inputs.ts";
import { COMPARISON_IMAGES, comparisonImages } from "../inputs/sample-images.ts";
import { DRIFT_BOUNDS, FORMS, type Form, type Forms } from "../recipe.ts";
import { type Drift, describeDrift, type Fedable, measureDrift, requireNear } from "./drift.ts";

/**
 * Runs each quantised network and its float original on recorded inputs and reports their distance. Throws
 * QuantiseError if a distance exceeds its bound. Experimental forms have no bound.
 */
export async function compareNetworks(
  reporter: Reporter,
  source: Pack,
  quantised: ReadonlyMap<NetworkName, Uint8Array>,
  recorded: Recorded,
  forms: Forms = FORMS,
): Promise<void> {
  for (const [name, bytes] of quantised) {
    const drift = await compare(source, name, bytes, recorded[name], forms[name]);
    if (forms[name] === FORMS[name]) requireNear(name, drift, DRIFT_BOUNDS[name]);
    reporter.print(`${name}: ${describeDrift(drift)}.`);
  }
}

/** The inputs of the networks for some faces of the calibration package. */
export async function recordSample(reporter: Reporter, source: Pack): Promise<Recorded> {
  const pictures = comparisonImages(await loadMedia(reporter.print));
  const progress = reporter.bar("comparing");
  return recordInputs(source, pictures, (done) => progress(done, COMPARISON_IMAGES));
}

function compare(
  { manifest, bytes }: Pack,
  name: NetworkName,
  quantised: Uint8Array,
  inputs: readonly Float32Array[],
  form: Form,
): Promise<Drift> {
  const entry = manifest.networks[name];
  const { shape } = entry.input;
  const float: Fedable = { bytes: bytes[name], feed: (values) => ({ shape, values }) };
  const toInput = form === "integers" ? toBytes(entry) : (values: Float32Array) => values;
  const port = { input: entry.input.name, outputs: entry.outputs.map((output) => output.name) };
  const other: Fedable = { bytes: quantised, feed: (values) => ({ shape, values: toInput(values) }) };
  return measureDrift(float, other, port, inputs, DRIFT_BOUNDS[name].unit);
}

/** The bytes of the image, from the preprocessed input of the float network. */
function toBytes({ preprocessing: { mean, scale } }: NetworkEntry): (values: Float32Array) => Uint8Array {
  return (values) => Uint8Array.from(values, (value) => Math.round(value * scale + mean));
}
