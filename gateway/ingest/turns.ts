/** Runs the work of one name in the order of the calls. Work of other names runs at the same time. */
export type Turns = (name: string, work: () => Promise<unknown>) => Promise<void>;

/** Work must not reject: later work would never start. */
export function openTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const mine = (last.get(name) ?? Promise.resolve()).then(work);
    last.set(name, mine);
    await mine;
    if (last.get(name) === mine) last.delete(name);
  };
}
