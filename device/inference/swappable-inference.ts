import type { Inference } from "./inference.ts";

/** An inference whose pack can be replaced while the device runs. Calls always use the pack in force. */
export interface SwappableInference extends Inference {
  /**
   * Replaces the inference in force and closes the old one. Takes ownership of the new one. Call it only between two
   * verifications, because a template belongs to its pack and thread.
   */
  swappable(next: Inference): Promise<void>;
}

export function openSwappableInference(first: Inference): SwappableInference {
  let current = first;
  return {
    get pack() {
      return current.pack;
    },
    enrol: (photo) => current.enrol(photo),
    look: (frame, wanted, turning) => current.look(frame, wanted, turning),
    sight: (frame, turning) => current.sight(frame, turning),
    forget: () => current.forget(),
    async swappable(next) {
      const before = current;
      current = next;
      await before[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: () => current[Symbol.asyncDispose](),
  };
}
