import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { Constant } from "../onnx/graph.ts";
import { ModelError } from "../pack/errors.ts";

/**
 * A value in a graph: a tensor, or the integers with which graphs compute shapes. TensorFlow stores images as batch,
 * height, width, channels; ONNX means batch, channels, height, width. `channelsLast` says that a tensor is stored in
 * the former order while its shape means the latter, until an operator needs ONNX's order.
 */
export type Value =
  | { readonly kind: "tensor"; readonly tensor: tf.Tensor; readonly channelsLast: boolean }
  | { readonly kind: "integers"; readonly shape: readonly number[]; readonly integers: readonly number[] };

type TensorValue = Extract<Value, { kind: "tensor" }>;
type Integers = Extract<Value, { kind: "integers" }>;

/** Takes ownership of a tensor for the lifetime of the network, and returns it. */
export type Keep = <T extends tf.Tensor>(weight: T) => T;

/** The axes batch, channels, height, width of ONNX in a tensor with channels last. */
export const PLACES = [0, 3, 1, 2];

const require = createRequire(import.meta.url);
/**
 * A variable, because a literal in the import would make the package a dependency. It is used if an operator has
 * installed it.
 */
const NATIVE: string = "@tensorflow/tfjs-node";
const WASM = "@tensorflow/tfjs-backend-wasm";

/**
 * Starts TensorFlow.js on this thread: natively if `@tensorflow/tfjs-node` is installed, else in WebAssembly. Returns
 * the name of the back end. Throws ModelError `runtime_unavailable`.
 */
export async function startBackend(): Promise<string> {
  const running = tf.getBackend();
  if (running) return running;
  try {
    const name = isInstalled(NATIVE) ? "tensorflow" : "wasm";
    if (name === "tensorflow") await import(NATIVE);
    else (await import("@tensorflow/tfjs-backend-wasm")).setWasmPaths(`${dirname(require.resolve(WASM))}/`);
    if (await tf.setBackend(name)) return name;
    throw new Error(`it has no back end "${name}" here`);
  } catch (cause) {
    throw new ModelError("runtime_unavailable", `TensorFlow.js cannot be started: ${String(cause)}`, { cause });
  }
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    // It is usually not installed. An installed package that does not load is an error, above.
    return false;
  }
}

/** The input of a network, from values in ONNX's order. */
export function tensorValue(values: Float32Array, shape: readonly number[]): Value {
  return { kind: "tensor", tensor: tf.tensor(values, [...shape]), channelsLast: false };
}

/** Computes a network and returns its outputs in ONNX's order. All other tensors are freed. */
export async function computeAndRead(compute: () => readonly Value[]): Promise<readonly Float32Array[]> {
  const tensors = tf.tidy(() => compute().map((value) => inOrder(tensorOf(value))));
  try {
    return await Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
  } finally {
    tf.dispose(tensors);
  }
}

/** A constant as a value. Integers stay in JavaScript. */
export function constantValue({ shape, values }: Constant, keep: Keep): Value {
  if (values instanceof Float32Array) {
    return { kind: "tensor", tensor: keep(tf.tensor(values, [...shape])), channelsLast: false };
  }
  return { kind: "integers", shape, integers: Array.from(values, Number) };
}

export function plain(tensor: tf.Tensor): Value {
  return { kind: "tensor", tensor, channelsLast: false };
}

/** A value in the same order as `like`. */
export function alike(like: Value | undefined, tensor: tf.Tensor, last = tensorOf(like).channelsLast): Value {
  return { kind: "tensor", tensor, channelsLast: last };
}

export function vector(integers: readonly number[]): Value {
  return { kind: "integers", shape: [integers.length], integers };
}

export function tensorOf(value: Value | undefined): TensorValue {
  if (value?.kind === "tensor") return value;
  throw new ModelError("network_mismatch", "the network computes with integers where only floats are supported");
}

export function integersOf(value: Value | undefined): Integers {
  if (value?.kind === "integers") return value;
  throw new ModelError(
    "network_mismatch",
    "the network computes a shape from values that are not known before it runs",
  );
}

export function inOrder({ tensor, channelsLast }: TensorValue): tf.Tensor {
  return channelsLast ? tf.transpose(tensor, PLACES) : tensor;
}

export function channelsLast(value: Value | undefined): tf.Tensor {
  const { tensor, channelsLast } = tensorOf(value);
  return channelsLast ? tensor : tf.transpose(tensor, [0, 2, 3, 1]);
}

export function shapeOf(value: Value | undefined): readonly number[] {
  const { tensor, channelsLast } = tensorOf(value);
  return channelsLast ? PLACES.map((at) => tensor.shape[at] ?? 1) : tensor.shape;
}
