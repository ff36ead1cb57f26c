import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { DriverError } from "../errors.ts";
import { splitJpegs } from "./mjpeg.ts";

/**
 * ffmpeg's path: the one npm installed for development if it is there, otherwise whatever PATH finds. Only films need
 * it; a camera in a shop has neither.
 */
export function findFfmpeg(): string {
  try {
    const { path }: { path: string } = createRequire(import.meta.url)("@ffmpeg-installer/ffmpeg");
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return "ffmpeg";
  }
}

export interface FilmOptions {
  /** Play at the film's own speed instead of as fast as it can be decoded. */
  readonly ownPace: boolean;
}

/**
 * Plays a film file once as JPEGs through ffmpeg. Throws DriverError `unsupported` when there is no ffmpeg or it cannot
 * read the file. Leaving the loop early ends ffmpeg.
 */
export async function* playFilm(file: string, { ownPace }: FilmOptions): AsyncGenerator<Uint8Array> {
  const input = [...(ownPace ? ["-re"] : []), "-i", file];
  const output = ["-an", "-f", "image2pipe", "-c:v", "mjpeg", "-q:v", "3", "pipe:1"];
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
