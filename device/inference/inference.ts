import { Worker } from "node:worker_threads";
import type { RawFrame } from "../../drivers/image/pixels.ts";
import { type Pack, readPack } from "../../models/pack/pack.ts";
import type { Wanted } from "../../models/pipeline/observation.ts";
import type { Runtime } from "../../models/runtime/runtime.ts";
import { DeviceFault } from "../faults.ts";
import { endThread } from "./end-worker.ts";
import {
  type Answers,
  AS_IT_IS,
  type Enrolled,
  type FromWorker,
  type LoadedPack,
  type Look,
  type Question,
  type Sight,
  type Took,
  type ToWorker,
  type Turning,
  type WorkerSetup,
} from "./inference-messages.ts";
import { decodeOnThread } from "./photo-decoder.ts";
import { reusableBuffer } from "./reusable-buffer.ts";

/**
 * The recognizer on a thread of its own, so that light and connection never wait for a network. Calls are answered in order.
 * A call rejects with DeviceFault `inference_failed` if the thread fails or takes longer than ANSWER_WITHIN_MS; after that
 * every call rejects. `dispose` rejects the waiting calls at once. It ends when the thread has finished the last call and has
 * overwritten its data.
 */
export interface Inference extends AsyncDisposable {
  readonly pack: LoadedPack;
  /** Computes the template of a reference photo (JPEG or PNG). The thread gets a copy and overwrites it. */
  enrol(photo: Uint8Array): Promise<Enrolled>;
  /**
   * Analyses a frame and compares it with the template. If less than `all` is wanted, it compares only a frame with a sign of
   * life. The thread gets a copy, made before this returns, and overwrites it. Rejects, never throws.
   */
  look(frame: RawFrame, wanted?: Wanted, turning?: Turning): Promise<Look>;
  /** Analyses a frame without a reference. The frame is treated as in `look`. */
  sight(frame: RawFrame, turning?: Turning): Promise<Sight>;
  /** Overwrites the template. */
  forget(): Promise<void>;
}

/** A slow board needs some hundred milliseconds for a frame. After this time there will be no answer. */
const ANSWER_WITHIN_MS = 30_000;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (fault: DeviceFault) => void;
  readonly timer: NodeJS.Timeout;
}

/** A slow board loads the networks in some seconds. */
const LOADED_WITHIN_MS = 120_000;

const ENDED = "its thread has ended";

/** Short-lived objects of the thread are small: frames and tensors are outside its heap. */
const YOUNG_HEAP_MB = 3;

/** Starts the thread and loads a pack on it, on one of the runtimes. Throws DeviceFault `pack_refused` or `self_test_failed`. */
export async function startInference(packFolder: string, runtime: Runtime = "onnx"): Promise<Inference> {
  // The pack is verified on this side, so the thread does not load the library that reads manifests.
  const pack = await readPack(packFolder).catch((cause: unknown) => {
    throw new DeviceFault("pack_refused", String(cause), { cause });
  });
  const worker = new Worker(new URL("./inference-worker.js", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
  });
  const bytes = Object.values(pack.bytes).map(({ buffer }) => buffer as ArrayBuffer);
  worker.postMessage({ pack, runtime } satisfies WorkerSetup, bytes);
  const took = await ready(worker).catch(async (error: unknown) => {
    await endThread(worker);
    throw error;
  });
  const buffer = reusableBuffer();
  const { ask, fail } = connectWorker(worker, buffer.giveBack);
  return {
    pack: { ...summary(pack), ...took },
    async enrol(photo) {
      const decoded = await decodeOnThread(photo);
      if (decoded.kind === "unusable") return { ...decoded, problem: "no_picture" };
      const { picture } = decoded;
      const asked = ask({ kind: "enrol", picture }, [picture.data.buffer as ArrayBuffer]);
      // A thread that has ended accepts nothing, and a buffer that was moved to it has no bytes here.
      return asked.finally(() => picture.data.length > 0 && picture.data.fill(0));
    },
    async look({ format, width, height, strideBytes, data: original }, wanted = "all", turning = AS_IT_IS) {
      const data = buffer.copy(original);
      const frame = { format, width, height, strideBytes, data };
      return await ask({ kind: "look", frame, wanted, turning }, [data.buffer]);
    },
    async sight({ format, width, height, strideBytes, data: original }, turning = AS_IT_IS) {
      const data = buffer.copy(original);
      const frame = { format, width, height, strideBytes, data };
      return await ask({ kind: "sight", frame, turning }, [data.buffer]);
    },
    forget() {
      buffer.drop();
      return ask({ kind: "forget" }, []);
    },
    async [Symbol.asyncDispose]() {
      fail(new DeviceFault("inference_failed", ENDED));
      await endThread(worker);
    },
  };
}

function summary({ manifest, hash }: Pack): LoadedPack {
  const { id, version, thresholds, liveness } = manifest;
  const { bonaFideAtLeast, attackBelow } = liveness;
  return { id, version, hash, thresholds, bonaFideAtLeast, attackBelow };
}

function ready(worker: Worker): Promise<Took> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(new DeviceFault("pack_refused", why));
    const late = setTimeout(() => refuse(`not loaded within ${LOADED_WITHIN_MS} ms`), LOADED_WITHIN_MS);
    worker.once("error", (cause) => reject(new DeviceFault("pack_refused", String(cause), { cause })));
    worker.once("exit", () => {
      clearTimeout(late);
      refuse(ENDED);
    });
    worker.once("message", (message: FromWorker) => {
      clearTimeout(late);
      if (message.kind === "ready") resolve(message.took);
      else if (message.kind === "refused") reject(new DeviceFault(message.code, message.message));
      else reject(new DeviceFault("pack_refused", "no answer"));
    });
  });
}

function connectWorker(worker: Worker, giveBack: (memory: ArrayBuffer) => void) {
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  let broken: DeviceFault | undefined;

  const fail = (fault: DeviceFault) => {
    broken = fault;
    for (const id of [...waiting.keys()]) settle(id)?.reject(fault);
  };
  const settle = (id: number): Waiting | undefined => {
    const one = waiting.get(id);
    waiting.delete(id);
    clearTimeout(one?.timer);
    return one;
  };
  worker.on("message", (message: FromWorker) => {
    if (message.kind === "answer" && message.empty) giveBack(message.empty);
    if (message.kind === "answer") settle(message.id)?.resolve(message.answer as never);
    if (message.kind === "failed") settle(message.id)?.reject(new DeviceFault("inference_failed", message.message));
  });
  worker.on("error", (cause) => fail(new DeviceFault("inference_failed", String(cause), { cause })));
  worker.on("exit", () => fail(new DeviceFault("inference_failed", ENDED)));

  const ask = <K extends Question["kind"]>(
    question: Question & { readonly kind: K },
    moved: readonly ArrayBuffer[],
  ) => {
    const id = asked++;
    return new Promise<Answers[K]>((resolve, reject) => {
      if (broken) return reject(broken);
      const late = () => fail(new DeviceFault("inference_failed", `no answer within ${ANSWER_WITHIN_MS} ms`));
      waiting.set(id, { resolve, reject, timer: setTimeout(late, ANSWER_WITHIN_MS) });
      worker.postMessage({ kind: "question", id, question } satisfies ToWorker, moved);
    });
  };
  return { ask, fail };
}
