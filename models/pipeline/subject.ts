import { area, centre } from "../detection/boxes.ts";
import type { Face } from "../detection/detector.ts";
import type { Image } from "../imaging/image.ts";

/** Who is before the camera: nobody, one subject, or several people of whom none is clearly the subject. */
export type Presence =
  | { readonly kind: "nobody" }
  | { readonly kind: "one"; readonly face: Face }
  /** The faces that may be the subject's, the largest first. */
  | { readonly kind: "several"; readonly faces: readonly Face[] };

/** A second face with this share of the largest face's area may be the subject's: the device does not choose. */
const COMPARABLE_AREA = 0.35;

/** The subject has the largest face. A clearly smaller face is a bystander, further from the camera. Pure. */
export function chooseSubject(faces: readonly Face[]): Presence {
  const sorted = [...faces].sort((a, b) => area(b.box) - area(a.box));
  const [largest] = sorted;
  if (!largest) return { kind: "nobody" };
  const comparable = sorted.filter(({ box }) => area(box) >= COMPARABLE_AREA * area(largest.box));
  return comparable.length > 1 ? { kind: "several", faces: comparable } : { kind: "one", face: largest };
}

/** The face nearest to the middle of a picture, for labelled data sets whose subject stands there. Pure. */
export function nearestToCentre(faces: readonly Face[], picture: Image): Face | undefined {
  const distance = ({ box }: Face) => {
    const middle = centre(box);
    return Math.hypot(middle.x - picture.width / 2, middle.y - picture.height / 2);
  };
  return [...faces].sort((a, b) => distance(a) - distance(b))[0];
}
