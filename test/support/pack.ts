import { packFolder } from "../../device/paths.ts";
import { loadNetworks, type Networks } from "../../models/networks.ts";
import { readPack } from "../../models/pack.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";

export const SHIPPED_PACK = packFolder("int8");

/** The shipped networks, loaded as the recognizer loads them. */
export async function shippedNetworks(): Promise<Networks> {
  return loadNetworks(await readPack(SHIPPED_PACK), loadOnnx);
}
