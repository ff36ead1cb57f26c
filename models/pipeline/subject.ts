import { area, centre } from "../detection/boxes.ts";
import type { Face } from "../detection/detector.ts";
import type { Image } from "../imaging/image.ts";

/** Who stands before the camera: nobody, one customer, or more people than can be told apart with certainty. */
export type Presence =
  | { readonly kind: "nobody" }
  | { readonly kind: "one"; readonly face: Face }
  /** The faces that could be meant, the largest first. */
  | { readonly kind: "several"; readonly faces: readonly Face[] };

/** A second face this large beside the largest could be the one who is meant: better to ask than to choose. */
const COMPARABLE_AREA = 0.35;

/** The customer is the largest face; a bystander is one clearly smaller, further from the camera. Pure. */
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
