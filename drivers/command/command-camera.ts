import { basename } from "node:path";
import type { Camera, Capture, CaptureCounts, FrameSink } from "../camera/camera.ts";
import { DriverError } from "../errors.ts";
import { type Cut, jpegCutter } from "../film/mjpeg.ts";
import { findProgram } from "./find-program.ts";
import { frameSender } from "./frame-sender.ts";
import { type Program, startProgram } from "./program.ts";

/** A program and its arguments: `["rpicam-vid", "--codec", "mjpeg", "-o", "-"]`. */
export interface Command {
  readonly program: string;
  readonly words: readonly string[];
}

interface CommandCameraOptions {
  /** After this time without a frame the camera has failed. In this time the program is started again when it ends. */
  readonly silentAfterMs: number;
}

/** A camera module needs one to two seconds for its first frame on a small board. */
const COMMAND_DEFAULTS: CommandCameraOptions = { silentAfterMs: 5_000 };

/** 1280×720 in the best quality has about 1 MB. */
const FRAME_LIMIT_BYTES = 4_000_000;
/** The first wait before the program is started again; each wait is twice the one before, and half of it is random. */
const RESTART_AFTER_MS = 200;

/**
 * A camera that is a program: it writes MJPEG (consecutive JPEGs) to its standard output. Each `open` starts it, and
 * closing ends it. A program that ends is started again, with waits that grow, until no frame has come for
 * `silentAfterMs`.
 */
export function commandCamera(command: Command, options = COMMAND_DEFAULTS): Camera {
  let open = false;
  const name = `program ${command.program}`;
  return {
    name,
    async check() {
      await findProgram(command.program);
    },
    async open(sink) {
      if (open) throw new DriverError("busy", `the ${name} already runs`);
      open = true;
      try {
        const path = await findProgram(command.program);
        return startCapture({ ...command, program: path }, options, sink, () => {
          open = false;
        });
      } catch (error) {
        open = false;
        throw error;
      }
    },
  };
}

function startCapture(command: Command, options: CommandCameraOptions, sink: FrameSink, closed: () => void): Capture {
  const sender = frameSender(sink);
  const supervisor = supervise(command, options, {
    cut: ({ jpegs, damaged }) => sender.send(jpegs, damaged),
    failed: (error) => sink.failed(error),
  });
  return {
    about: `${basename(command.program)} MJPG`,
    counts: (): CaptureCounts => sender.counts(),
    async [Symbol.asyncDispose]() {
      await supervisor[Symbol.asyncDispose]();
      closed();
    },
  };
}

/** The receiver of a supervised program's pictures. `failed` is called at most once, and nothing comes after it. */
interface Receiver {
  /** Returns how many of them are undamaged. */
  cut(pictures: Cut): number;
  failed(error: DriverError): void;
}

function supervise({ program, words }: Command, { silentAfterMs }: CommandCameraOptions, receiver: Receiver) {
  const cutter = jpegCutter(FRAME_LIMIT_BYTES);
  let running: Program | undefined;
  let restart: NodeJS.Timeout | undefined;
  let ends = 0;
  let bytesSinceFrame = 0;
  let lastEnd: string | undefined;
  let over = false;

  const end = () => {
    over = true;
    clearTimeout(silence);
    clearTimeout(restart);
    cutter.clear();
  };
  const fail = (error: DriverError) => {
    if (over) return;
    end();
    void running?.kill();
    receiver.failed(error);
  };
  const output = (chunk: Uint8Array) => {
    if (over) return;
    try {
      bytesSinceFrame += chunk.length;
      if (receiver.cut(cutter.push(chunk)) === 0) return;
      [ends, bytesSinceFrame, lastEnd] = [0, 0, undefined];
      silence.refresh();
    } catch (error) {
      fail(error instanceof DriverError ? error : new DriverError("damaged", String(error), { cause: error }));
    }
  };
  const start = () => {
    const started = startProgram(program, words, output);
    running = started;
    void started.ended.then((why) => {
      if (over) return;
      lastEnd = why;
      cutter.clear();
      restart = setTimeout(start, waitMs(ends++));
    });
  };
  const silence = setTimeout(() => fail(whySilent(program, silentAfterMs, lastEnd, bytesSinceFrame)), silentAfterMs);
  start();
  return {
    async [Symbol.asyncDispose]() {
      if (!over) end();
      await running?.kill();
    },
  };
}

function waitMs(ends: number): number {
  return RESTART_AFTER_MS * 2 ** Math.min(ends, 5) * (0.5 + Math.random() / 2);
}

function whySilent(program: string, silentMs: number, lastEnd: string | undefined, bytes: number): DriverError {
  const what = `${basename(program)} sent no picture for ${silentMs} ms`;
  if (lastEnd) return new DriverError("failed", `${what}; ${lastEnd}. Run the command of MATCHLIGHT_CAMERA by hand`);
  if (bytes > 0) {
    return new DriverError("damaged", `${what}, but ${bytes} bytes that are no JPEG: let it write MJPEG to its output`);
  }
  return new DriverError("silent", `${what}: check the cable of the camera module, and run the command by hand`);
}
