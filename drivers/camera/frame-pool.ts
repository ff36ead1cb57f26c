/** The most frames that a camera lends at a time. Others are dropped and counted. A verification holds two. */
export const FRAMES_OUT = 8;

/** Reusable buffers for frames, so that a stream causes no garbage. At most `limit` are lent at a time. */
interface FramePool {
  /** A buffer, or undefined if all are lent. */
  borrow(): Uint8Array | undefined;
  /** Returns a buffer. Its `usedBytes` are overwritten with zeros. */
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
