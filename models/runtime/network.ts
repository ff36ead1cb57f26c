import { ModelError } from "../pack/errors.ts";

/** The name and shape of a tensor of a network; float32 unless it says uint8. */
export interface Port {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: "float32" | "uint8" | undefined;
}

/** The pixels of an input: floats or bytes, as its port says. */
export type Pixels = Float32Array | Uint8Array;

/**
 * A loaded network with one input. Promises: `run` returns the outputs in the order of the load call, each a new array
 * that belongs to the caller. It blocks its thread, so it belongs on a worker. It must not be used after `close`.
 */
export interface Network {
  run(input: Pixels): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** Loads a network and checks its ports. Throws ModelError if they differ. */
export type LoadNetwork = (bytes: Uint8Array, input: Port, outputs: readonly Port[]) => Promise<Network>;

/** Throws ModelError `network_mismatch` unless the port of the network is the expected one. */
export function requirePort(found: Omit<Port, "name"> | undefined, wanted: Port): void {
  const type = wanted.type ?? "float32";
  if (found && (found.type ?? "float32") === type && String(found.shape) === String(wanted.shape)) return;
  const is = found ? `${found.type ?? "float32"} of shape ${found.shape}` : "missing";
  throw new ModelError(
    "network_mismatch",
    `port "${wanted.name}" should be ${type} of shape ${wanted.shape}; it is ${is}`,
  );
}
