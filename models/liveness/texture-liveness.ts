import { growInside } from "../detection/boxes.ts";
import type { Face } from "../detection/detector.ts";
import type { Image } from "../imaging/image.ts";
import { type NetworkInput, show } from "../imaging/network-input.ts";

export interface LivenessNetwork extends NetworkInput {
  /** How much of the surroundings the network was trained to see, in face boxes. */
  readonly context: number;
  /** Which output is "bona fide presentation". */
  readonly bonaFideClass: number;
}

/** The probability that a face is a bona fide presentation and not a print or a screen, 0…1, from one picture. */
export async function measureLiveness(how: LivenessNetwork, picture: Image, { box }: Face): Promise<number> {
  const surroundings = growInside(box, how.context, picture);
  const [logits = new Float32Array(0)] = await show(how, picture, surroundings, "nearest");
  return softmax(logits)[how.bonaFideClass] ?? 0;
}

function softmax(logits: Float32Array): readonly number[] {
  const highest = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
