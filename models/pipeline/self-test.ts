import { detect } from "../detection/detector.ts";
import { findLandmarks } from "../detection/landmarks.ts";
import { embed, similarity } from "../embedding/embedder.ts";
import type { Image } from "../imaging/image.ts";
import { measureLiveness } from "../liveness/texture-liveness.ts";
import { ModelError } from "../pack/errors.ts";
import type { Network, Pixels } from "../runtime/network.ts";
import type { Networks } from "./networks.ts";

/** The side of the drawn picture: the size of the embedder's input. */
const SIZE = 112;
const BOX = { x: 16, y: 8, width: 80, height: 96 };

/**
 * Runs every network once on a drawn picture. Throws ModelError `self_test_failed` if a network returns a value that is not
 * finite, no values, or the same values for different pictures: a pack with the right bytes can still fail on a new kind of
 * processor. The self-test does not measure accuracy; that is measured before a release.
 */
export async function selfTest(networks: Networks): Promise<void> {
  const { detector, landmarks, liveness, embedder } = networks;
  const picture = drawFace(0);
  const face = { box: BOX, score: 1 };
  await detect({ ...detector, network: checked("detector", detector.network) }, picture);
  const found = await findLandmarks({ ...landmarks, network: checked("landmarks", landmarks.network) }, picture, face);
  await measureLiveness({ ...liveness, network: checked("liveness", liveness.network) }, picture, face, found);
  const strict = { ...embedder, network: checked("embedder", embedder.network) };
  const alike = similarity(await embed(strict, picture), await embed(strict, drawFace(1)));
  if (!(alike < 0.999)) throw failure("embedder", `gives the same template for two pictures (${alike})`);
}

/** The same network, with a check that all outputs are finite. */
function checked(name: keyof Networks & string, network: Network): Network {
  return {
    ...network,
    async run(input: Pixels) {
      const outputs = await network.run(input);
      if (outputs.length === 0 || outputs.some(({ length }) => length === 0)) throw failure(name, "gives nothing");
      if (!outputs.every((output) => output.every(Number.isFinite)))
        throw failure(name, "gives a value that is not finite");
      return outputs;
    },
  };
}

function failure(network: string, what: string): ModelError {
  return new ModelError("self_test_failed", `the ${network} ${what} on this machine: roll back to the release before`);
}

/** An oval with eyes and a mouth on a slope of grey; `variant` 1 is turned upside down and lit from the other side. */
function drawFace(variant: 0 | 1): Image {
  const data = new Uint8Array(SIZE * SIZE * 3);
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const grey = greyAt(x / SIZE, (variant === 0 ? y : SIZE - 1 - y) / SIZE);
      const lit = Math.round(grey * (0.6 + (0.4 * (variant === 0 ? x : SIZE - 1 - x)) / SIZE));
      data.set([lit, Math.round(lit * 0.85), Math.round(lit * 0.75)], (y * SIZE + x) * 3);
    }
  }
  return { width: SIZE, height: SIZE, data };
}

/** The brightness of the drawing at a place; x and y are 0…1. */
function greyAt(x: number, y: number): number {
  const inside = (cx: number, cy: number, rx: number, ry: number) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;
  if (inside(0.35, 0.42, 0.07, 0.04) || inside(0.65, 0.42, 0.07, 0.04) || inside(0.5, 0.72, 0.14, 0.04)) return 50;
  return inside(0.5, 0.5, 0.36, 0.46) ? 210 : 90;
}
