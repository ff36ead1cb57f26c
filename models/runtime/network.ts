import { ModelError } from "../pack/errors.ts";

/** A tensor's place in a network: its name and its shape, all sizes known; floats unless it says bytes. */
export interface Port {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: "float32" | "uint8" | undefined;
}

/** A picture as a network takes it: floats or bytes, as its input port says. */
export type Pixels = Float32Array | Uint8Array;

/**
 * One loaded network with one input. Promises: `run` gives the outputs in the order in which they were asked for
 * at load, each a fresh array that belongs to the caller; it blocks its thread while it computes, so it belongs on a
 * worker. After `close` it must not be used.
 */
export interface Network {
  run(input: Pixels): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** Loads a network from its bytes and checks that it has these ports. Throws ModelError when it does not. */
export type LoadNetwork = (bytes: Uint8Array, input: Port, outputs: readonly Port[]) => Promise<Network>;

/** Throws ModelError `network_mismatch` unless a network's port, as the runtime found it, is the wanted one. */
export function requirePort(found: Omit<Port, "name"> | undefined, wanted: Port): void {
  const type = wanted.type ?? "float32";
  if (found && (found.type ?? "float32") === type && String(found.shape) === String(wanted.shape)) return;
  const is = found ? `${found.type ?? "float32"} of shape ${found.shape}` : "missing";
  throw new ModelError(
    "network_mismatch",
    `port "${wanted.name}" should be ${type} of shape ${wanted.shape}; it is ${is}`,
  );
}
