import type { Inference } from "./inference.ts";

/** An inference whose pack can be exchanged while the device runs; whoever holds it always asks the one in force. */
export interface Exchange extends Inference {
  /**
   * Puts another into force. Only between two verifications: a template of one pack means nothing to another, and dies
   * with its thread. What was in force is closed; from here on the other one belongs to the exchange.
   */
  exchange(next: Inference): Promise<void>;
}

export function openExchange(first: Inference): Exchange {
  let current = first;
  return {
    get pack() {
      return current.pack;
    },
    enrol: (photo) => current.enrol(photo),
    look: (frame, onlyLife) => current.look(frame, onlyLife),
    forget: () => current.forget(),
    async exchange(next) {
      const before = current;
      current = next;
      await before[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: () => current[Symbol.asyncDispose](),
  };
}
