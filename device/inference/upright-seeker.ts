import type { RgbImage } from "../../drivers/image/jpeg.ts";
import type { FrameDecoder } from "../../drivers/image/pixels.ts";
import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";
import type { Recognizer } from "../../models/pipeline/recognizer.ts";

/** Searches an upright face in an image that is already turned by `degrees`. Returns the turn of the original frame. */
export type SeekUpright = (image: RgbImage, degrees: QuarterTurn) => Promise<QuarterTurn | undefined>;

/**
 * Tries one turn for each image, so that the search delays nothing. The last successful turn is tried first.
 */
export function uprightSeeker(
  { seesUprightFace }: Pick<Recognizer, "seesUprightFace">,
  { turned }: Pick<FrameDecoder, "turned">,
): SeekUpright {
  let more: QuarterTurn = 180;
  return async (image, degrees) => {
    if (await seesUprightFace(turned(image, more))) return sum(degrees, more);
    more = more === 270 ? 90 : sum(more, 90);
    return undefined;
  };
}

function sum(a: QuarterTurn, b: QuarterTurn): QuarterTurn {
  return ((a + b) % 360) as QuarterTurn;
}
