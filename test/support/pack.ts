import { packFolder } from "../../device/process/package-folder.ts";
import { type NetworkName, readPack } from "../../models/pack/pack.ts";
import { loadNetworks, type Networks } from "../../models/pipeline/networks.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";
import { randomFloats } from "../../workshop/quantise/inputs/random.ts";
import type { NetworkUnderTest } from "../contract/network.ts";

export const SHIPPED_PACK = packFolder("int8");

/** The shipped networks, loaded as the recognizer loads them. */
export async function shippedNetworks(): Promise<Networks> {
  return loadNetworks(await readPack(SHIPPED_PACK), loadOnnx);
}

/** The float pack: the reference, and what runtimes without integers compute. */
export const FLOAT_PACK = packFolder("fp32");

/** One network of the float pack as a runtime is given it, with random values that it can take. */
export async function networkUnderTest(name: NetworkName): Promise<NetworkUnderTest> {
  const { bytes, manifest } = await readPack(FLOAT_PACK);
  const { input, outputs, preprocessing } = manifest.networks[name];
  const length = input.shape.reduce((product, size) => product * size, 1);
  // Pixels of any colour, as the network's preprocessing makes them: 0…255 becomes what it was trained on.
  const pixels = randomFloats(20261124, length).map((value) => (value + 1) * 127.5);
  const values = pixels.map((value) => (value - preprocessing.mean) / preprocessing.scale);
  return { bytes: bytes[name], input, outputs, values };
}
