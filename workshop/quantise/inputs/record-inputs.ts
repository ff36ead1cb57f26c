import { frameOf } from "../../../models/detection/boxes.ts";
import { detect } from "../../../models/detection/detector.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { showWhole } from "../../../models/imaging/network-input.ts";
import { measureLiveness } from "../../../models/liveness/texture-liveness.ts";
import type { NetworkName, Pack } from "../../../models/pack/pack.ts";
import { analyseFaces } from "../../../models/pipeline/face-analysis.ts";
import { LIVE_MARGINS } from "../../../models/pipeline/face-tracker.ts";
import { loadNetworks } from "../../../models/pipeline/networks.ts";
import { REFERENCE_MARGINS } from "../../../models/pipeline/recognizer.ts";
import { nearestToCentre } from "../../../models/pipeline/subject.ts";
import { REFERENCE_PROFILE } from "../../../models/quality/profile.ts";
import type { LoadNetwork } from "../../../models/runtime/network.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";

/** The recorded inputs of each network. */
export type Recorded = Readonly<Record<NetworkName, readonly Float32Array[]>>;

/**
 * Sends pictures through a float pack as the device would, and keeps what each network was given. Only sharpening is left
 * out: with ranges measured on sharpened faces the embedder in integers missed four pairs more of lfw-devtest
 * (docs/adr/0018), and those that ship were measured without.
 */
export async function recordInputs(
  pack: Pack,
  pictures: AsyncIterable<{ readonly picture: Image; readonly chip: boolean }>,
  progress: (done: number) => void,
): Promise<Recorded> {
  const recorded = { detector: [], landmarks: [], embedder: [], liveness: [] };
  await using networks = await loadNetworks(pack, recording(pack, recorded));
  let done = 0;
  for await (const { picture, chip } of pictures) {
    for (const margin of chip ? REFERENCE_MARGINS : LIVE_MARGINS) {
      const face = nearestToCentre(await detect(networks.detector, picture, frameOf(picture, margin)), picture);
      if (!face) continue;
      const { aligned, landmarks } = await analyseFaces(networks, picture, face, REFERENCE_PROFILE);
      await showWhole(networks.embedder, aligned);
      await measureLiveness(networks.liveness, picture, face, landmarks);
      break;
    }
    progress(++done);
  }
  return recorded;
}

/** Loads networks that record their inputs; their bytes identify them. */
function recording(pack: Pack, recorded: Record<NetworkName, Float32Array[]>): LoadNetwork {
  return async (bytes, input, outputs) => {
    const network = await loadOnnx(bytes, input, outputs);
    const name = (Object.keys(recorded) as NetworkName[]).find((one) => pack.bytes[one] === bytes);
    return {
      run: (values) => {
        if (name && values instanceof Float32Array) recorded[name].push(Float32Array.from(values));
        return network.run(values);
      },
      close: () => network.close(),
    };
  };
}
