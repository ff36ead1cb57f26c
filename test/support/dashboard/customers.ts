import { setTimeout as sleep } from "node:timers/promises";
import type { Inference } from "../../../device/inference/inference.ts";
import type { Look } from "../../../device/inference/inference-messages.ts";
import { scored } from "../scores.ts";
import { syntheticInference } from "../synthetic.ts";

/** Who stands before a simulated camera. The photo of the request says it, because nobody looks at these photos. */
export const CUSTOMERS = ["right", "wrong", "away", "two", "dark", "still", "picture", "unreadable"] as const;
export type Customer = (typeof CUSTOMERS)[number];

/** A photo for such a customer; `number` makes it another one. */
export function photoOf(customer: Customer, number: number): Buffer {
  const photo = Buffer.alloc(4_000, 0x5a);
  photo.set([0xff, 0xd8, CUSTOMERS.indexOf(customer)]);
  photo.writeUInt32BE(number, 3);
  return photo;
}

/** What the n-th frame shows of a customer, who needs some frames to stand where they should. */
function frameOf(customer: Customer, n: number, settled: number): Look {
  if (customer === "two") return { kind: "two_faces" };
  if (customer === "dark") return { kind: "too_dark" };
  if (customer === "away" || n < settled) return { kind: "no_face" };
  if (customer === "still") return scored(0.9, 0.99, []);
  if (customer === "picture") return scored(0.9, 0.01);
  return scored(customer === "wrong" ? 0.1 : 0.9);
}

/** A board needs so long for a frame. */
const FRAME_MS = 150;

/** Networks that know from the photo what they will see, in the time of a real board. */
export function customerInference(): Inference {
  let [customer, frames, settled]: [Customer, number, number] = ["right", 0, 0];
  return {
    ...syntheticInference(),
    async enrol(photo) {
      customer = CUSTOMERS[photo[2] ?? 0] ?? "right";
      frames = 0;
      settled = 2 + ((photo[6] ?? 0) % 24);
      if (customer === "unreadable") return { kind: "unusable", problem: "no_face", detail: "" };
      return { kind: "enrolled" };
    },
    async look() {
      await sleep(FRAME_MS);
      return frameOf(customer, frames++, settled);
    },
  };
}
