import { apply, type Change } from "./journal-format.ts";

/** A map in memory with sorted keys. */
export interface SortedMap {
  get(key: string): unknown;
  range(from: string, to: string, limit: number): readonly (readonly [key: string, value: unknown])[];
  count(from: string, to: string): number;
  apply(changes: readonly Change[]): void;
  entries(): Iterable<readonly [key: string, value: unknown]>;
}

export function sortedMap(state: Map<string, unknown>): SortedMap {
  const keys = [...state.keys()].sort();

  /** The index of a key, or the index at which it would be inserted. */
  const indexOf = (key: string): number => {
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const order = ({ type, key }: Change) => {
    const known = state.has(key);
    if (type === "put" && !known) keys.splice(indexOf(key), 0, key);
    if (type === "del" && known) keys.splice(indexOf(key), 1);
  };
  return {
    get: (key) => state.get(key),
    range(from, to, limit) {
      const first = indexOf(from);
      const last = Math.min(indexOf(to), first + limit);
      return keys.slice(first, last).map((key) => [key, state.get(key)] as const);
    },
    count: (from, to) => Math.max(0, indexOf(to) - indexOf(from)),
    apply(changes) {
      for (const change of changes) {
        order(change);
        apply(state, [change]);
      }
    },
    entries: () => state,
  };
}
