import { keysOf } from "../../carrier/client.ts";
import type { KeySet } from "../../protocol/encoding/tokens.ts";
import type { Identity } from "../../protocol/messages/contract.ts";
import type { Queries } from "../database/database.ts";
import { findCamera } from "./register.ts";

/** A camera's identity with its imported keys. */
export interface KnownCamera {
  readonly identity: Identity;
  readonly keys: KeySet;
}

/** Caches the recently used cameras of the register, because importing keys takes longer than checking a signature. */
export interface KnownKeys {
  /** Undefined if the register has no identity of this camera. */
  of(device: string): Promise<KnownCamera | undefined>;
  /** The identity may have changed: read it again. */
  forget(device: string): void;
}

/** The largest number of entries, of about 6 kB each. */
export const MOST = 10_000;
/** Entries expire, because another process may have stored a new identity. */
export const FRESH_MS = 60_000;

interface Held {
  readonly untilMs: number;
  readonly known: Promise<KnownCamera | undefined>;
}

export function openKnownKeys(queries: Queries): KnownKeys {
  const held = new Map<string, Held>();
  const read = async (device: string) => {
    const identity = (await findCamera(queries, device))?.identity;
    return identity ? { identity, keys: await keysOf(identity) } : undefined;
  };
  const hold = (device: string) => {
    const known = read(device);
    held.delete(device);
    held.set(device, { known, untilMs: performance.now() + FRESH_MS });
    const oldest = held.keys().next().value;
    if (held.size > MOST && oldest !== undefined) held.delete(oldest);
    // A missing identity or a failed read is not cached: the next call reads again.
    known.then(
      (found) => found ?? held.delete(device),
      () => held.delete(device),
    );
    return known;
  };
  return {
    of(device) {
      const now = held.get(device);
      return now && now.untilMs > performance.now() ? now.known : hold(device);
    },
    forget: (device) => void held.delete(device),
  };
}
