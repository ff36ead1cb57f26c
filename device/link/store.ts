import { ClassicLevel } from "classic-level";

/** One change of a batch. */
export type Change =
  | { readonly type: "put"; readonly key: string; readonly value: unknown }
  | { readonly type: "del"; readonly key: string };

/**
 * A small durable map with ordered keys. A batch is all or nothing, and synced to the disk before it resolves, so that
 * what was written survives a power cut.
 */
export interface Store extends AsyncDisposable {
  get(key: string): Promise<unknown>;
  write(changes: readonly Change[]): Promise<void>;
  /** Up to `limit` entries whose keys lie from `from` up to, not including, `to`, in order. */
  range(from: string, to: string, limit: number): Promise<readonly (readonly [key: string, value: unknown])[]>;
}

/** Opens the store in a folder, making it when it is not there. Throws when the folder cannot be used. */
export async function openStore(folder: string): Promise<Store> {
  const level = new ClassicLevel<string, unknown>(folder, { valueEncoding: "json" });
  await level.open();
  return {
    get: (key) => level.get(key),
    write: (changes) => level.batch([...changes], { sync: true }),
    range: (from, to, limit) => level.iterator({ gte: from, lt: to, limit }).all(),
    [Symbol.asyncDispose]: () => level.close(),
  };
}
