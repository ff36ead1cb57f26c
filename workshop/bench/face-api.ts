import { createRequire } from "node:module";
import { join } from "node:path";
import { decodeFrame } from "../../drivers/image/pixels.ts";
import { FRAME, type Stages } from "./messages.ts";

interface Net {
  loadFromDisk(folder: string): Promise<void>;
}

/** The used part of @vladmandic/face-api. It is not a dependency, so its types are not available. */
interface FaceApi {
  readonly nets: Readonly<Record<"tinyFaceDetector" | "faceLandmark68Net" | "faceRecognitionNet", Net>>;
  readonly TinyFaceDetectorOptions: new (options: { readonly inputSize: number }) => object;
  detectSingleFace(
    picture: object,
    options: object,
  ): {
    withFaceLandmarks(): {
      withFaceDescriptor(): PromiseLike<
        | { readonly landmarks: { readonly positions: readonly unknown[] }; readonly descriptor: Float32Array }
        | undefined
      >;
    };
  };
}

interface Tf {
  setBackend(name: string): Promise<boolean>;
  tensor3d(values: Int32Array, shape: readonly number[], type: "int32"): object;
  dispose(tensor: object): void;
}

/** face-api on its WebAssembly back end, with the faster of its detectors. It has no liveness, so it does less. */
export async function openFaceApi(folder: string, jpeg: Uint8Array): Promise<Stages> {
  const { tf, faceApi } = await load(folder);
  const options = new faceApi.TinyFaceDetectorOptions({ inputSize: 320 });
  const frame = async () => {
    const { width, height, data } = decodeFrame({ format: "MJPG", width: 0, height: 0, strideBytes: 0, data: jpeg });
    const tensor = tf.tensor3d(Int32Array.from(data), [height, width, 3], "int32");
    const found = await faceApi.detectSingleFace(tensor, options).withFaceLandmarks().withFaceDescriptor();
    tf.dispose(tensor);
    if (found?.landmarks.positions.length !== 68 || found.descriptor.length !== 128) {
      throw new Error("face-api must find the face, its landmarks and its descriptor");
    }
  };
  return new Map([[FRAME, frame]]);
}

async function load(folder: string): Promise<{ readonly tf: Tf; readonly faceApi: FaceApi }> {
  const modules = join(folder, "node_modules");
  const peer = createRequire(join(folder, "package.json"));
  const tf: Tf = peer("@tensorflow/tfjs");
  const wasm = peer("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${join(modules, "@tensorflow", "tfjs-backend-wasm", "dist")}/`);
  if (!(await tf.setBackend("wasm"))) throw new Error("face-api's WebAssembly back end does not start");
  const main = join(modules, "@vladmandic", "face-api");
  const faceApi: FaceApi = peer(join(main, "dist", "face-api.node-wasm.js"));
  const { tinyFaceDetector, faceLandmark68Net, faceRecognitionNet } = faceApi.nets;
  for (const net of [tinyFaceDetector, faceLandmark68Net, faceRecognitionNet])
    await net.loadFromDisk(join(main, "model"));
  return { tf, faceApi };
}
