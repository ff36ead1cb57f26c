import { setTimeout as sleep } from "node:timers/promises";
import type { Camera, Capture, Frame, FrameSink } from "../camera/camera.ts";
import { DriverError } from "../errors.ts";
import { readJpegHeader } from "../image/jpeg-header.ts";
import { monotonicMs } from "../monotonic.ts";
import { type FilmSource, openFilm } from "./film-source.ts";

/** Options of a film. */
export interface FilmCameraOptions {
  /** After the last frame: start again, send no more frames, or fail like an unplugged camera. */
  readonly end: "loop" | "still" | "fail";
  /** The film's own speed, or as fast as frames can be read. */
  readonly pace: "real" | "fast";
  /** Frames per second of folders and .mjpeg files, which have no speed of their own: 1…120. */
  readonly framesPerSecond: number;
}

export const FILM_DEFAULTS: FilmCameraOptions = { end: "loop", pace: "real", framesPerSecond: 15 };

/**
 * A camera that plays a film: a folder of JPEGs, an .mjpeg, or any file that ffmpeg reads. Each `open` starts at the
 * first frame.
 */
export function filmCamera(path: string, options: FilmCameraOptions = FILM_DEFAULTS): Camera {
  let open = false;
  return {
    name: `film ${path}`,
    async check() {
      await openFilm(path, options.pace === "real");
    },
    async open(sink) {
      if (open) throw new DriverError("busy", `the film ${path} is already playing`);
      open = true;
      try {
        const source = await openFilm(path, options.pace === "real");
        return startCapture(path, source, options, sink, () => {
          open = false;
        });
      } catch (error) {
        open = false;
        throw error;
      }
    },
  };
}

function startCapture(
  path: string,
  source: FilmSource,
  options: FilmCameraOptions,
  sink: FrameSink,
  closed: () => void,
): Capture {
  const stop = new AbortController();
  const counts = { taken: 0, givenBack: 0, lost: 0, dropped: 0, damaged: 0 };
  const deliver = (jpeg: Uint8Array) => {
    sink.frame(toFrame(jpeg, counts.taken, () => counts.givenBack++));
    counts.taken++;
  };
  const finished = play(source, options, deliver, stop.signal).then(
    () => {
      if (options.end === "fail" && !stop.signal.aborted) sink.failed(new DriverError("gone", "the film has ended"));
    },
    (error: unknown) => {
      if (!stop.signal.aborted) sink.failed(asDriverError(error));
    },
  );
  return {
    about: `${path} at ${options.pace === "fast" ? "full speed" : "its own pace"}`,
    counts: () => ({ ...counts }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await finished;
      closed();
    },
  };
}

async function play(
  source: FilmSource,
  options: FilmCameraOptions,
  deliver: (jpeg: Uint8Array) => void,
  stopped: AbortSignal,
): Promise<void> {
  const periodMs = options.pace === "fast" || source.timed ? 0 : 1000 / options.framesPerSecond;
  let dueMs = monotonicMs();
  do {
    for await (const jpeg of source.play()) {
      // This buffer is not from the pool.
      if (stopped.aborted) return void jpeg.fill(0);
      deliver(jpeg);
      dueMs = Math.max(dueMs + periodMs, monotonicMs());
      await pause(dueMs - monotonicMs(), stopped);
    }
  } while (options.end === "loop" && !stopped.aborted);
}

/** Waits until a frame is due or the capture is closed; at least one turn of the event loop. */
async function pause(forMs: number, stopped: AbortSignal): Promise<void> {
  await sleep(Math.max(0, forMs), undefined, { signal: stopped }).catch(() => undefined);
}

function toFrame(jpeg: Uint8Array, sequence: number, onGiveBack: () => void): Frame {
  const { width, height } = readJpegHeader(jpeg);
  return {
    format: "MJPG",
    width,
    height,
    strideBytes: 0,
    data: jpeg,
    sequence,
    takenAtMs: monotonicMs(),
    giveBack() {
      jpeg.fill(0);
      onGiveBack();
    },
  };
}

function asDriverError(error: unknown): DriverError {
  if (error instanceof DriverError) return error;
  return new DriverError("gone", "the film cannot be read any further", { cause: error });
}
