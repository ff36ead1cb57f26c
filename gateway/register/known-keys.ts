import { keysOf } from "../../carrier/client.ts";
import type { KeySet } from "../../protocol/encoding/tokens.ts";
import type { Identity } from "../../protocol/messages/contract.ts";
import type { Queries } from "../database/database.ts";
import { findCamera } from "./register.ts";

/** A camera's identity, and its keys ready for use. */
export interface KnownCamera {
  readonly identity: Identity;
  readonly keys: KeySet;
}

/** The cameras of the register that were needed lately: importing keys costs more than checking a signature. */
export interface KnownKeys {
  /** Undefined when the register has no identity of it. */
  of(device: string): Promise<KnownCamera | undefined>;
  /** Its identity may be another now. */
  forget(device: string): void;
}

/** About 6 kB each. */
export const MOST = 10_000;
/** Another process may have taken another identity of a camera into the register. */
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
    // What is not there, or could not be read, is looked for again by the next who asks.
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
