/** Handles messages one after the other, in the order in which they came, and holds a bounded number of them. */
export interface BoundedQueue<T> {
  /** False when there is no room for the message and it was not taken. */
  add(message: T): boolean;
  /** Resolves when all that was taken has been handled. */
  empty(): Promise<void>;
}

/** What an inbox holds. */
export interface Waiting {
  readonly waiting: number;
  readonly bytes: number;
}

export interface BoundedQueueParts<T> {
  /** So many messages may wait, the one that is being handled among them. */
  readonly most: number;
  /** So large may they be together. */
  readonly mostBytes: number;
  readonly sizeOf: (message: T) => number;
  /** Must not reject: what goes wrong with one message is its own matter. */
  readonly handle: (message: T) => Promise<void>;
  /** A message was left. Told once until one is taken again. */
  readonly overrun: (held: Waiting) => void;
}

export function openBoundedQueue<T>({
  most,
  mostBytes,
  sizeOf,
  handle,
  overrun,
}: BoundedQueueParts<T>): BoundedQueue<T> {
  let [waiting, bytes, reported] = [0, 0, false];
  let last = Promise.resolve();
  return {
    add(message) {
      const size = sizeOf(message);
      const taken = waiting < most && bytes + size <= mostBytes;
      if (!taken && !reported) overrun({ waiting, bytes });
      reported = !taken;
      if (!taken) return false;
      waiting++;
      bytes += size;
      last = last
        .then(() => handle(message))
        .finally(() => {
          waiting--;
          bytes -= size;
        });
      return true;
    },
    empty: () => last,
  };
}
