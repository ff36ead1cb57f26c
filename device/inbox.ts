/** Handles messages one after the other, in the order in which they came, and holds a bounded number of them. */
export interface Inbox<T> {
  /** False when the inbox is full and the message was not taken. */
  add(message: T): boolean;
  /** Resolves when all that was taken has been handled. */
  empty(): Promise<void>;
}

/** `handle` must not reject: what goes wrong with one message is its own matter. */
export function openInbox<T>(limit: number, handle: (message: T) => Promise<void>): Inbox<T> {
  let waiting = 0;
  let last = Promise.resolve();
  return {
    add(message) {
      if (waiting >= limit) return false;
      waiting++;
      last = last.then(() => handle(message)).finally(() => waiting--);
      return true;
    },
    empty: () => last,
  };
}
