import { Worker } from "node:worker_threads";
import type { RgbImage } from "../../drivers/image/jpeg.ts";
import { DeviceFault } from "../faults.ts";

type Decoded =
  | { readonly kind: "decoded"; readonly picture: RgbImage }
  | { readonly kind: "unusable"; readonly detail: string };

export type FromPhotoWorker = { readonly kind: "ready" } | Decoded;

/** The time after the thread has the photo. The bounds on size and scans keep every photo below it. */
const DECODED_WITHIN_MS = 2_000;
/** The time for loading the decoders. It does not depend on the photo, and takes seconds on an emulated board. */
const LOADED_WITHIN_MS = 30_000;
/** The limits are small, because pictures are outside the heap. */
const HEAP = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 } as const;

/**
 * Decodes a reference photo on a new thread, so that a photo that breaks its decoder stops neither the process nor the
 * networks. The thread gets a copy and overwrites it. A late thread is never terminated, but ends by itself: if its thread is
 * terminated, the binding of the JPEG decoder throws an error that nothing can catch, and the process aborts. Rejects with
 * DeviceFault `inference_failed` if the thread cannot be started.
 */
export async function decodeOnThread(original: Uint8Array, withinMs = DECODED_WITHIN_MS): Promise<Decoded> {
  const worker = new Worker(new URL("./photo-worker.js", import.meta.url), { resourceLimits: HEAP });
  const started = await nextOf(worker, LOADED_WITHIN_MS);
  if (started.kind !== "ready")
    throw new DeviceFault("inference_failed", "the thread that decodes photos did not start");
  const photo = Uint8Array.from(original);
  worker.postMessage(photo, [photo.buffer]);
  const answer = await nextOf(worker, withinMs);
  worker.unref();
  return answer.kind === "ready" ? { kind: "unusable", detail: "no answer" } : answer;
}

/** The next message of a thread, or an answer with the reason why there is none in time. */
function nextOf(worker: Worker, withinMs: number): Promise<FromPhotoWorker> {
  return new Promise((resolve) => {
    const settle = (message: FromPhotoWorker) => {
      clearTimeout(late);
      worker.removeAllListeners();
      // Errors of an abandoned thread are ignored on purpose.
      worker.on("error", () => undefined);
      resolve(message);
    };
    const none = (detail: string) => settle({ kind: "unusable", detail });
    const late = setTimeout(() => none(`not decoded within ${withinMs} ms`), withinMs);
    worker.once("message", settle);
    worker.once("error", (error) => none(String(error)));
    worker.once("exit", () => none("the decoder ended"));
  });
}
