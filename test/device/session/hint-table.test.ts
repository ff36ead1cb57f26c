import { readFile } from "node:fs/promises";
import t from "tap";
import { filmFrames } from "../../../drivers/film/ffmpeg.ts";
import type { Condition } from "../../support/conditions.ts";
import { startShippedInference } from "../../support/film-session.ts";
import { hintFor, scenesOf } from "../../support/hint-table.ts";
import { media } from "../../support/media.ts";
import { shippedNetworks } from "../../support/pack.ts";

const FRAMES_PER_SECOND = 8;

async function frames(film: string): Promise<readonly Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const jpeg of filmFrames(media.path(film), FRAMES_PER_SECOND)) if (all.push(jpeg) > 17) break;
  return all;
}

/** `npm run hints` shows all conditions with all films; here is one film, and the causes that were mistaken for others. */
const HELD: readonly Condition[] = [
  "as_filmed",
  "dark",
  "backlit",
  "tilted_left",
  "blurred",
  "near",
  "off_to_the_side",
  "masked",
];

t.test(
  "people are told what is wrong within two seconds, and nothing is found wrong with a good picture",
  async (t) => {
    await using inference = await startShippedInference();
    await using networks = await shippedNetworks();
    const scenes = await scenesOf(networks, await frames("franck.mp4"), [], 400);
    const photo = await readFile(media.path("franck_02221.jpg"));
    const options = { framesPerSecond: FRAMES_PER_SECOND, photo };
    for (const condition of HELD) {
      const { right, expected, said, ended } = await hintFor(inference, scenes, condition, options);
      t.ok(right, `${condition}: ${[...said, ended].join(", ")}; expected ${expected || "no fault"}`);
      if (condition !== "masked") t.notOk(said.includes("uncover_face"), `${condition}: a bare face`);
    }
  },
);
