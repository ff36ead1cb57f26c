import { parentPort } from "node:worker_threads";
import { DriverError } from "../../drivers/errors.ts";
import type { FromPhotoWorker } from "./photo-decoder.ts";
import { decodePhoto } from "./reference-photo.ts";

/** The thread that decodes one photo, and then ends. */
const port = parentPort;
const answer = (message: FromPhotoWorker, moved: readonly ArrayBuffer[] = []) => port?.postMessage(message, moved);

function decode(photo: Uint8Array): void {
  try {
    const picture = decodePhoto(photo);
    answer({ kind: "decoded", picture }, [picture.data.buffer as ArrayBuffer]);
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    answer({ kind: "unusable", detail: error.message });
  } finally {
    photo.fill(0);
  }
}

port?.once("message", decode);
answer({ kind: "ready" });
