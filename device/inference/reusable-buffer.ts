/** The step of the buffer's size. Frames differ a little in size, and the next one should fit, too. */
const STEP_BYTES = 65_536;

/** A buffer that is moved to a thread with a copy of a frame, comes back, and is used again, so frames cause no garbage. */
interface ReusableBuffer {
  copy(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  giveBack(memory: ArrayBuffer): void;
  /** Frees the buffer. The next copy makes a new one. */
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
