import type { Inference } from "./inference.ts";

/** An inference whose pack can be replaced while the device runs. Calls always use the pack in force. */
export interface SwappableInference extends Inference {
  /**
   * Puts another into force. Only between two verifications: a template of one pack means nothing to another, and dies
   * with its thread. What was in force is closed; from here on the other one belongs to the exchange.
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
