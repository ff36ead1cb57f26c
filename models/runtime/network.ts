/** A tensor's place in a network: its name and its shape, all sizes known. */
export interface Port {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * One loaded network with one float input. Promises: `run` gives the outputs in the order in which they were asked for
 * at load, each a fresh array that belongs to the caller; it blocks its thread while it computes, so it belongs on a
 * worker. After `close` it must not be used.
 */
export interface Network {
  run(input: Float32Array): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/** Loads a network from its bytes and checks that it has these ports. Throws ModelError when it does not. */
export type LoadNetwork = (bytes: Uint8Array, input: Port, outputs: readonly Port[]) => Promise<Network>;
