import { packFolder } from "../../device/process/package-folder.ts";
import { frameDecoder } from "../../drivers/image/pixels.ts";
import { align } from "../../models/detection/align.ts";
import { detect } from "../../models/detection/detector.ts";
import { findLandmarks } from "../../models/detection/landmarks.ts";
import { embed } from "../../models/embedding/embedder.ts";
import { lumasOf } from "../../models/imaging/image.ts";
import { measureLiveness } from "../../models/liveness/texture-liveness.ts";
import { readPack } from "../../models/pack/pack.ts";
import { analyseFaces } from "../../models/pipeline/face-analysis.ts";
import { loadNetworks } from "../../models/pipeline/networks.ts";
import { load } from "../../models/pipeline/recognizer.ts";
import { LIVE_PROFILE } from "../../models/quality/profile.ts";
import { measureQuality } from "../../models/quality/quality.ts";
import type { LoadNetwork, Network } from "../../models/runtime/network.ts";
import { openRuntime } from "../../models/runtime/runtime.ts";
import { EMBEDDER, FOLLOWED, FRAME, type Setup, type Stages } from "./messages.ts";

/** Matchlight's work on one frame: stage by stage, and as in a verification. Throws if it finds no face. */
export async function openMatchlight(
  { pack: name, runtime }: Extract<Setup, { kind: "matchlight" }>,
  jpeg: Uint8Array,
): Promise<Stages> {
  const pack = await readPack(packFolder(name));
  const loadNetwork = loadOnce(await openRuntime(runtime));
  const networks = await loadNetworks(pack, loadNetwork);
  const decoder = frameDecoder();
  const opened = () => decoder.open({ format: "MJPG", width: 0, height: 0, strideBytes: 0, data: jpeg });
  const picture = opened().colour();
  const { canvas } = networks.embedder;
  const [face] = await detect(networks.detector, picture);
  if (!face) throw new Error("there must be a face in the frame");
  const { aligned, landmarks } = await analyseFaces(networks, picture, face, LIVE_PROFILE);
  const { input } = pack.manifest.networks.embedder;
  const length = input.shape.reduce((product, size) => product * size, 1);
  const pixels = input.type === "uint8" ? new Uint8Array(length).fill(127) : new Float32Array(length);
  const { first, next } = await wholeFrames();
  return new Map<string, () => unknown>([
    ["decode", () => opened().colour()],
    ["detect", () => detect(networks.detector, picture)],
    ["landmarks", () => findLandmarks(networks.landmarks, picture, face)],
    ["quality", () => measureQuality(picture, landmarks, lumasOf(align(picture, landmarks, canvas), networks.lumas))],
    ["liveness", () => measureLiveness(networks.liveness, picture, face, landmarks)],
    ["embed", () => embed(networks.embedder, aligned)],
    [EMBEDDER, () => networks.embedder.network.run(pixels)],
    [FRAME, first],
    [FOLLOWED, next],
  ]);

  /** The work as in a verification: the detector finds the face in the first frame, and the next frame follows the face. */
  async function wholeFrames() {
    const recognizer = await load(pack, loadNetwork);
    const enrolment = await recognizer.enrol(picture);
    if (enrolment.kind !== "enrolled") throw new Error("the frame must be good enough to be a reference");
    const { template } = enrolment;
    let tracker = recognizer.track(template);
    const next = async () => {
      const { kind } = await tracker.observe(opened());
      if (kind !== "scored") throw new Error(`the frame must be scored; it is ${kind}`);
    };
    const first = () => {
      tracker[Symbol.dispose]();
      tracker = recognizer.track(template);
      return next();
    };
    return { first, next };
  }
}

/** Loads each network once. The stages and the whole frame share it, because their memory is counted. */
function loadOnce(load: LoadNetwork): LoadNetwork {
  const loaded = new Map<Uint8Array, Promise<Network>>();
  return (bytes, input, outputs) => {
    const network = loaded.get(bytes) ?? load(bytes, input, outputs);
    loaded.set(bytes, network);
    return network;
  };
}
