import { ModelError } from "../pack/errors.ts";
import type { LoadNetwork } from "./network.ts";

/** The engines: onnxruntime, and TensorFlow.js for float packs. */
export const RUNTIMES = ["onnx", "tfjs"] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** The remedy if packages of a runtime are missing. A test compares the versions with package.json. */
const REMEDY: Readonly<Record<Runtime, string>> = {
  onnx: "it has no binary for this machine, or is damaged: install the release anew, or choose the runtime tfjs",
  tfjs:
    "it is not part of the default installation: npm install --no-save " +
    "@tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 protobufjs@8.8.1",
};

/**
 * The loader of a runtime. Only the chosen runtime is imported, so that the packages of the other are not needed.
 * Throws ModelError `runtime_unavailable`.
 */
export async function openRuntime(runtime: Runtime): Promise<LoadNetwork> {
  try {
    return runtime === "onnx" ? (await import("./onnx.ts")).loadOnnx : (await import("./tfjs.ts")).loadTfjs;
  } catch (cause) {
    throw new ModelError("runtime_unavailable", `the runtime ${runtime} cannot be loaded: ${REMEDY[runtime]}`, {
      cause,
    });
  }
}
