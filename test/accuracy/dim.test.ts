import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { advise } from "../../device/session/guidance.ts";

import { readPack } from "../../models/pack/pack.ts";
import { load } from "../../models/pipeline/recognizer.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";
import { readSubjects } from "../../workshop/evaluate/sets.ts";
import { FACES } from "../support/media.ts";
import { SHIPPED_PACK } from "../support/pack.ts";
import { darkened, pictureOf, readPicture } from "../support/pictures.ts";

const skip = existsSync(FACES) ? false : "the labelled faces are not beside this repository";

t.test("who stands in a twelfth of the light is seen, or told that there is too little", { skip }, async (t) => {
  await using recognizer = await load(await readPack(SHIPPED_PACK), loadOnnx);
  const { samples } = await readSubjects("lfw-subset", join(FACES, "lfw-subset"));
  const counts = { seen: 0, "more light": 0, neither: 0 };
  for (const { file } of samples) {
    using tracker = recognizer.track(new Float32Array(512));
    const observation = await tracker.observe(pictureOf(darkened(await readPicture(file), 0.08)));
    if (advise(observation) === "more_light") counts["more light"] += 1;
    else counts[observation.kind === "no_face" ? "neither" : "seen"] += 1;
  }
  t.comment(`of ${samples.length} faces: ${JSON.stringify(counts)}`);
  t.ok(counts.neither <= 0.05 * samples.length);
});
