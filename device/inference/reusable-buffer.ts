/** Frames differ a little in size: memory for one should do for the next. */
const STEP_BYTES = 65_536;

/** Memory that goes to a thread with a copy in it, comes back empty, and is used again: frames then leave no garbage. */
export interface ReusableBuffer {
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  giveBack(memory: ArrayBuffer): void;
  /** Holds on to nothing until the next copy. */
  drop(): void;
}

export function reusableBuffer(): ReusableBuffer {
  let buffer: ArrayBuffer | undefined;
  return {
    copy(bytes) {
      const fits = buffer !== undefined && buffer.byteLength >= bytes.length;
      const memory = fits && buffer ? buffer : new ArrayBuffer(Math.ceil(bytes.length / STEP_BYTES) * STEP_BYTES);
      buffer = undefined;
      const copy = new Uint8Array(memory, 0, bytes.length);
      copy.set(bytes);
      return copy;
    },
    giveBack(memory) {
      buffer = memory;
    },
    drop() {
      buffer = undefined;
    },
  };
}
