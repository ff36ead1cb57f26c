import { align } from "../detection/align.ts";
import { findLandmarks } from "../detection/landmarks.ts";
import { landmarksToRoi } from "../detection/landmarks-to-roi.ts";
import { embed, fuseTemplates, type Template } from "../embedding/embedder.ts";
import { type Image, mirror } from "../imaging/image.ts";
import type { ColourAnalysis } from "./face-analysis.ts";
import type { Networks } from "./networks.ts";

/**
 * The template of an analysed reference: the mean of the templates of the face and of its mirror image, which is aligned by a
 * second search for the landmarks. The embedder's features depend on the side of the face and on the exact place of the
 * landmarks, although both say nothing about the person; the mean reduces this. A reference is made once and compared with
 * many probes, so it is worth two embeddings. Overwrites `aligned`.
 */
export async function embedReference(
  { landmarks, embedder }: Networks,
  picture: Image,
  examined: Pick<ColourAnalysis, "aligned" | "landmarks">,
): Promise<Template> {
  const features = await embed(embedder, examined.aligned);
  const settled = await findLandmarks(landmarks, picture, { box: landmarksToRoi(examined.landmarks), score: 1 });
  const mirrored = mirror(align(picture, settled, embedder.canvas));
  const others = await embed(embedder, mirrored);
  const template = fuseTemplates([features, others]);
  for (const rest of [mirrored.data, features, others]) rest.fill(0);
  return template;
}
