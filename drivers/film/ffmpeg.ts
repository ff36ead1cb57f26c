import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { DriverError } from "../errors.ts";
import { splitJpegs } from "./mjpeg.ts";

/** The path of ffmpeg: npm's development package if it is installed, else from PATH. Only films need it. */
export function findFfmpeg(): string {
  try {
    const { path }: { path: string } = createRequire(import.meta.url)("@ffmpeg-installer/ffmpeg");
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return "ffmpeg";
  }
}

interface FilmOptions {
  /** Play at the film's own speed, not as fast as possible. */
  readonly ownPace: boolean;
}

/**
 * Plays a film file once and yields JPEGs from ffmpeg. Throws DriverError `unsupported` if ffmpeg is missing or cannot
 * read the file. Leaving the loop ends ffmpeg.
 */
export function playFilm(file: string, { ownPace }: FilmOptions): AsyncGenerator<Uint8Array> {
  return decoded(file, ownPace ? ["-re"] : [], []);
}

/** The frames of a film at a steady rate, however fast it was recorded. Throws as `playFilm` does. */
export function filmFrames(file: string, framesPerSecond: number): AsyncGenerator<Uint8Array> {
  return decoded(file, [], ["-vf", `fps=${framesPerSecond}`]);
}

async function* decoded(file: string, pace: readonly string[], filter: readonly string[]): AsyncGenerator<Uint8Array> {
  const input = [...pace, "-i", file];
  const output = ["-an", ...filter, "-f", "image2pipe", "-c:v", "mjpeg", "-q:v", "3", "pipe:1"];
  const child = spawn(findFfmpeg(), ["-nostdin", "-v", "error", ...input, ...output], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, 1000);
  });
  const ended = new Promise<number>((resolve) => {
    child.once("error", (error) => {
      complaint = error.message;
      resolve(-1);
    });
    child.once("close", (code) => resolve(code ?? 0));
  });
  try {
    yield* splitJpegs(child.stdout);
    if ((await ended) !== 0) throw new DriverError("unsupported", `ffmpeg cannot play ${file}: ${complaint.trim()}`);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}
