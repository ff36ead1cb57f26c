/** Buffers for frames, used again so that a stream leaves no garbage. At most `limit` are out at a time. */
export interface FramePool {
  /** A buffer, or undefined when all of them are out. */
  borrow(): Uint8Array | undefined;
  /** Gives a borrowed buffer back, of which `usedBytes` are overwritten with zeros. */
  giveBack(buffer: Uint8Array, usedBytes: number): void;
}

export function framePool(sizeBytes: number, limit: number): FramePool {
  const free: Uint8Array[] = [];
  let made = 0;
  return {
    borrow() {
      const known = free.pop();
      if (known || made === limit) return known;
      made++;
      return new Uint8Array(sizeBytes);
    },
    giveBack(buffer, usedBytes) {
      buffer.fill(0, 0, usedBytes);
      free.push(buffer);
    },
  };
}
