/** Everybody who waits for something of one connection. When it ends, they are told at once. */
export interface Waiters {
  /** `reject` is called when the connection ends, or now if it has ended. */
  enter(reject: (error: Error) => void): void;
  leave(reject: (error: Error) => void): void;
  end(error: Error): void;
}

export function openWaiters(): Waiters {
  const waiting = new Set<(error: Error) => void>();
  let ended: Error | undefined;
  return {
    enter(reject) {
      waiting.add(reject);
      if (ended) reject(ended);
    },
    leave: (reject) => void waiting.delete(reject),
    end(error) {
      ended = error;
      for (const reject of waiting) reject(error);
    },
  };
}

/** A value that comes later. */
export interface Deferred<T> {
  fill(value: T): void;
  value(): T | undefined;
  /** The value, or the error that `late` makes when it has not come within `ms`. */
  within(ms: number, late: () => Error): Promise<T>;
}

/** The longest time of a timer. A longer one would end at once. */
const MOST_MS = 2 ** 31 - 1;

export function deferred<T>(waiters: Waiters = openWaiters()): Deferred<T> {
  const waiting = new Set<(value: T) => void>();
  let current: T | undefined;
  return {
    fill(value) {
      current = value;
      for (const resolve of waiting) resolve(value);
    },
    value: () => current,
    within: (ms, late) =>
      new Promise((resolve, reject) => {
        if (current !== undefined) return resolve(current);
        const timer = setTimeout(() => fail(late()), Math.min(ms, MOST_MS));
        // An open connection keeps the process alive. When it is closed, an old question must not.
        timer.unref();
        const leave = () => {
          clearTimeout(timer);
          waiting.delete(done);
          waiters.leave(fail);
        };
        const done = (value: T) => {
          leave();
          resolve(value);
        };
        const fail = (error: Error) => {
          leave();
          reject(error);
        };
        waiting.add(done);
        waiters.enter(fail);
      }),
  };
}
