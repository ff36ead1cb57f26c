import { readdir, readFile } from "node:fs/promises";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { packFolder } from "../../../device/process/package-folder.ts";
import type { Rules } from "../../../device/session/decision.ts";
import { next, type SessionState, STARTED, wantedOf } from "../../../device/session/session.ts";
import { loadAddon } from "../../../drivers/addon.ts";
import { frameDecoder } from "../../../drivers/image/pixels.ts";
import { align, alignLumas } from "../../../models/detection/align.ts";
import { detect } from "../../../models/detection/detector.ts";
import { findLandmarks } from "../../../models/detection/landmarks.ts";
import { embed } from "../../../models/embedding/embedder.ts";
import { measureLiveness } from "../../../models/liveness/texture-liveness.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { chooseThreshold } from "../../../models/pack/threshold.ts";
import { loadNetworks } from "../../../models/pipeline/networks.ts";
import { load } from "../../../models/pipeline/recognizer.ts";
import { measureQuality } from "../../../models/quality/quality.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import { tell } from "./suite.ts";

/**
 * Counts instructions. The machine runs with one guest nanosecond for each instruction, so a difference of
 * `performance.now()` in milliseconds is a count in millions. Code is warmed up first, as it is in a running service; of
 * the runs the least is told, for what the others have more is the garbage collector and the compiler at work.
 */
const WARM_UP = 8;
const RUNS = 9;

async function count(stage: string, work: () => Promise<unknown> | unknown, runs = RUNS): Promise<void> {
  for (let i = 0; i < Math.min(WARM_UP, runs - 1); i++) await work();
  const counts: number[] = [];
  for (let i = 0; i < runs; i++) {
    const before = performance.now();
    await work();
    counts.push(performance.now() - before);
  }
  tell({ kind: "count", stage, millions: Number(Math.min(...counts).toFixed(2)) });
}

// As the service does: it has its price, too.
loadAddon().overwriteFreed();
const pack = await readPack(packFolder(process.argv[2] ?? "fp32"));
await using networks = await loadNetworks(pack, loadOnnx);
const jpeg = await readFile("/app/photos/frame.jpg");
const picture = decodePhoto(jpeg);
const { width, height } = picture;
const [face] = await detect(networks.detector, picture);
if (!face) throw new Error("there must be a face in the picture");
const landmarks = await findLandmarks(networks.landmarks, picture, face);
const aligned = align(picture, landmarks);

const frame = { format: "MJPG", width, height, strideBytes: 0, data: jpeg } as const;
const { decode, open } = frameDecoder();
const luma = open(frame).luma();
await count("decode", () => decode(frame));
await count("decode, lumas only", () => open(frame).luma());
await count("detect", () => detect(networks.detector, picture));
await count("landmarks", () => findLandmarks(networks.landmarks, luma, face));
await count("quality", () => measureQuality(luma, landmarks, alignLumas(luma, landmarks, networks.lumas)));
await count("liveness", () => measureLiveness(networks.liveness, picture, face, landmarks));
await count("embed", () => embed(networks.embedder, aligned));

await using recognizer = await load(pack, loadOnnx);
const enrolment = await recognizer.enrol(picture);
if (enrolment.kind !== "enrolled") throw new Error("the picture must be good enough to be enrolled");
await count("first frame", async () => {
  using tracker = recognizer.track(enrolment.template);
  return await tracker.observe(open(frame));
});
using tracker = recognizer.track(enrolment.template);
await count("frame", () => tracker.observe(open(frame)));
await count("frame, only life", () => tracker.observe(open(frame), "signs"));

/** All that the thread does for the right person: the chip photo, then frames of a film, ten a second, to the verdict. */
const chip = await readFile("/app/photos/right.jpg");
const names = (await readdir("/app/photos/film")).sort();
const film = await Promise.all(names.map((name) => readFile(`/app/photos/film/${name}`)));
const threshold = chooseThreshold(pack.manifest.thresholds, 1e-3).similarity;
const rules: Rules = { threshold, ...pack.manifest.liveness };

async function verify(): Promise<SessionState> {
  const enrolled = await recognizer.enrol(decodePhoto(chip));
  if (enrolled.kind !== "enrolled") throw new Error("the chip photo must be good enough");
  using person = recognizer.track(enrolled.template);
  let state = next(STARTED, { kind: "enrolled" }, rules);
  for (const [i, data] of film.entries()) {
    const observation = await person.observe(open({ ...frame, data }), wantedOf(state, rules));
    state = next(state, { kind: "observed", observation, atMs: i * 100 }, rules);
    if (state.kind === "ended") return state;
  }
  throw new Error("the film is shorter than a verification");
}

const ended = await verify();
if (ended.kind === "ended")
  tell({ kind: "figure", name: "verification", frames: ended.verdict.frames, decision: ended.verdict.decision });
await count("verification", verify, 1);
process.exit(0);
