import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filmFrames } from "../../drivers/film/ffmpeg.ts";
import { decodeJpeg, encodeJpeg } from "../../drivers/image/jpeg.ts";
import type { Box, Image } from "../../models/imaging/image.ts";
import { findSubject } from "../../models/pipeline/face-analysis.ts";
import { CONDITIONS, type Condition } from "./conditions.ts";
import { scenesOf } from "./hint-table.ts";
import { media } from "./media.ts";
import { shippedNetworks } from "./pack.ts";

/** A film of one frame, and where the detector sees the face in it, as shares of the frame that stands upright. */
export interface AimFilm {
  readonly path: string;
  readonly frames: readonly Uint8Array[];
  readonly box: Box | undefined;
}

const WIDE = 640;

/** Films of a man in some conditions, each of one frame, so that the place of his face does not change. */
export async function makeAimFilms<C extends Condition>(
  folder: string,
  conditions: readonly C[],
): Promise<Readonly<Record<C, AimFilm>>> {
  await using networks = await shippedNetworks();
  const first: Uint8Array[] = [];
  for await (const jpeg of filmFrames(media.path("franck.mp4"), 5)) if (first.push(jpeg) > 2) break;
  const [scene] = await scenesOf(networks, first, [], WIDE);
  if (!scene) throw new Error("the film begins without a face");
  const films: (readonly [C, AimFilm])[] = [];
  // One after the other: networks have one buffer for what they are given.
  for (const condition of conditions) {
    const jpeg = encodeJpeg(CONDITIONS[condition](scene), 92);
    const decoded = decodeJpeg(jpeg, 1e7);
    // A turned camera's box is that of the frame after it was turned back.
    const upright = condition.startsWith("turned") ? scene.picture : decoded;
    const presence = await findSubject(networks, upright, [0, 0.5]);
    const path = join(folder, condition);
    await mkdir(path, { recursive: true });
    for (const i of [0, 1, 2, 3]) await writeFile(join(path, `${i}.jpg`), jpeg);
    const box = presence.kind === "one" ? shares(presence.face.box, upright) : undefined;
    films.push([condition, { path, frames: [jpeg, decoded.data], box }]);
  }
  return Object.fromEntries(films) as Readonly<Record<C, AimFilm>>;
}

function shares({ x, y, width, height }: Box, picture: Image): Box {
  return { x: x / picture.width, y: y / picture.height, width: width / picture.width, height: height / picture.height };
}
