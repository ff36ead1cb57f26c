/** Does pieces of work one after the other, in the order of the calls. */
export type Serialiser = <T>(work: () => Promise<T>) => Promise<T>;

/** An error goes to the caller of that work only. The next work is done. */
export function openSerialiser(): Serialiser {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
