/** A value that comes later. */
export interface Deferred<T> {
  fill(value: T): void;
  value(): T | undefined;
  /** The value, or the error that `late` makes when it has not come within `ms`. */
  within(ms: number, late: () => Error): Promise<T>;
}

export function deferred<T>(): Deferred<T> {
  const waiting = new Set<(value: T) => void>();
  let current: T | undefined;
  return {
    fill(value) {
      current = value;
      for (const resolve of waiting) resolve(value);
      waiting.clear();
    },
    value: () => current,
    within: (ms, late) =>
      new Promise((resolve, reject) => {
        if (current !== undefined) return resolve(current);
        const timer = setTimeout(() => {
          waiting.delete(done);
          reject(late());
        }, ms);
        // An open connection keeps the process alive. When it is closed, an old question must not.
        timer.unref();
        const done = (value: T) => {
          clearTimeout(timer);
          resolve(value);
        };
        waiting.add(done);
      }),
  };
}
