import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decodeFrame } from "../../drivers/image/pixels.ts";
import { FRAME, type Stages } from "./messages.ts";

/** The used part of @vladmandic/human. It is not a dependency, so its types are not available. */
interface Human {
  readonly tf: {
    tensor(values: Int32Array, shape: readonly number[], type: "int32"): object;
    dispose(tensor: object): void;
    getBackend(): string;
  };
  load(): Promise<void>;
  detect(picture: object): Promise<{
    readonly face: readonly {
      readonly mesh: readonly unknown[];
      readonly embedding?: readonly number[];
      readonly real?: number;
    }[];
  }>;
}

/**
 * human on its WebAssembly back end with the same work as Matchlight: one face, landmarks, anti-spoofing, description; no
 * iris, emotion, body, hand, object or filters, and no state from the frame before.
 */
export async function openHuman(folder: string, jpeg: Uint8Array): Promise<Stages> {
  const human = await load(folder);
  const frame = async () => {
    const { width, height, data } = decodeFrame({ format: "MJPG", width: 0, height: 0, strideBytes: 0, data: jpeg });
    const tensor = human.tf.tensor(Int32Array.from(data), [1, height, width, 3], "int32");
    const { face } = await human.detect(tensor);
    human.tf.dispose(tensor);
    const [one] = face;
    if (one?.mesh.length !== 468 || one.embedding?.length !== 1024 || one.real === undefined) {
      throw new Error("human must find the face, its landmarks, its embedding, and whether it is real");
    }
  };
  return new Map([[FRAME, frame]]);
}

async function load(folder: string): Promise<Human> {
  const modules = join(folder, "node_modules");
  const wasmPath = `${join(modules, "@tensorflow", "tfjs-backend-wasm", "dist")}/`;
  const peer = createRequire(join(folder, "package.json"));
  fetchFiles();
  peer("@tensorflow/tfjs-backend-wasm").setWasmPaths(wasmPath);
  const { Human } = peer(join(modules, "@vladmandic", "human", "dist", "human.node-wasm.js"));
  const models = pathToFileURL(join(modules, "@vladmandic", "human", "models")).href;
  const human: Human = new Human({ ...SETTINGS, wasmPath, modelBasePath: `${models}/` });
  await human.load();
  if (human.tf.getBackend() !== "wasm") throw new Error(`human runs on ${human.tf.getBackend()}, not on WebAssembly`);
  return human;
}

const NONE = { enabled: false };
const EACH_FRAME = { enabled: true, skipFrames: 0, skipTime: 0 };
const SETTINGS = {
  backend: "wasm",
  debug: false,
  cacheSensitivity: 0,
  filter: NONE,
  body: NONE,
  hand: NONE,
  object: NONE,
  gesture: NONE,
  segmentation: NONE,
  face: {
    enabled: true,
    detector: { ...EACH_FRAME, rotation: false, maxDetected: 1 },
    mesh: EACH_FRAME,
    description: EACH_FRAME,
    antispoof: EACH_FRAME,
    iris: NONE,
    attention: NONE,
    emotion: NONE,
    liveness: NONE,
  },
};

/** human fetches its models by URL, and Node's fetch does not support file URLs. */
function fetchFiles(): void {
  const others = globalThis.fetch;
  globalThis.fetch = async (what, how) =>
    String(what).startsWith("file:") ? new Response(await readFile(new URL(String(what)))) : others(what, how);
}
