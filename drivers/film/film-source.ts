import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { DriverError } from "../errors.ts";
import { playFilm } from "./ffmpeg.ts";
import { splitJpegs } from "./mjpeg.ts";

/** A film that can be played repeatedly. `timed` means that it has its own speed. */
export interface FilmSource {
  readonly timed: boolean;
  play(): AsyncIterable<Uint8Array>;
}

/**
 * Opens a path: a folder of JPEGs (sorted by name, numbers by value), an `.mjpeg`, or a film file for ffmpeg. Throws
 * DriverError: `gone` if nothing is there, `unsupported` if a folder has no JPEG.
 */
export async function openFilm(path: string, ownPace: boolean): Promise<FilmSource> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new DriverError("gone", `there is no film at ${path}`, { cause });
  });
  if (found.isDirectory()) return folder(path, await listJpegs(path));
  if (/^\.m?jpe?g$/i.test(extname(path))) return { timed: false, play: () => splitJpegs(createReadStream(path)) };
  return { timed: ownPace, play: () => playFilm(path, { ownPace }) };
}

function folder(path: string, names: readonly string[]): FilmSource {
  return {
    timed: false,
    async *play() {
      for (const name of names) yield await readFile(join(path, name));
    },
  };
}

async function listJpegs(path: string): Promise<readonly string[]> {
  const names = (await readdir(path)).filter((name) => /\.jpe?g$/i.test(name));
  if (names.length === 0) throw new DriverError("unsupported", `the folder ${path} holds no .jpg or .jpeg to play`);
  return names.sort(new Intl.Collator("en", { numeric: true }).compare);
}
