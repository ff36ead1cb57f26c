/** Does pieces of work one after the other, in the order of the calls. */
export type Serialiser = <T>(work: () => Promise<T>) => Promise<T>;

/** Work that fails fails for its caller only: what follows is done all the same. */
export function openSerialiser(): Serialiser {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
