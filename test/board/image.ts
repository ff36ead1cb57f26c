import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { loadMedia } from "../../cli/demo/media.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { findFfmpeg } from "../../drivers/film/ffmpeg.ts";
import { type KernelChoice, kernel, userSpace } from "./debian.ts";
import {
  crossCompiled,
  installApp,
  installBase,
  installModules,
  nodeForBoard,
  packInitramfs,
  vmlinuz,
} from "./rootfs.ts";
import { requireTools, run } from "./tools.ts";

/** Everything a board boots from; disposing it removes what was made for this run, not what was downloaded. */
export interface Image extends AsyncDisposable {
  readonly kernel: string;
  readonly initramfs: string;
  /** The film of a man at a counter, raw: YUYV, 720×576. */
  readonly film: string;
}

/** The name under which a pack from outside the repository lies beside the shipped ones. */
export const TRIAL = "trial";

/**
 * Downloads what is not there yet, compiles, and packs. `tell` says what is being done. `trial` is the folder of a model pack
 * to take along.
 */
export async function makeImage(choice: KernelChoice, tell: (text: string) => void, trial?: string): Promise<Image> {
  await requireTools();
  tell("Debian's arm64 user space and kernel");
  const [base, kernelFolder] = [await userSpace(), await kernel(choice)];
  tell("Node for arm64");
  const node = await nodeForBoard();
  tell("films and photos");
  const media = await loadMedia(tell);
  const work = await mkdtemp(join(tmpdir(), "matchlight-board-"));
  tell("compiling for arm64");
  const native = await crossCompiled(node, join(work, "native"));
  tell("packing");
  const root = join(work, "root");
  await installBase(root, base, node, await readInit());
  await installModules(root, kernelFolder);
  await installApp(root, native);
  if (trial) await cp(trial, join(root, "app", "models", "packs", TRIAL), { recursive: true });
  await installPhotos(join(root, "app", "photos"), media.path);
  const [initramfs, film] = [join(work, "initramfs"), join(work, "film.yuyv")];
  await packInitramfs(root, initramfs);
  await rm(root, { recursive: true });
  await makeFilm(media.path("franck.mp4"), film);
  const remove = () => rm(work, { recursive: true, force: true });
  return { kernel: await vmlinuz(kernelFolder), initramfs, film, [Symbol.asyncDispose]: remove };
}

export function readInit(): Promise<string> {
  return readFile(join(PACKAGE_FOLDER, "test", "board", "guest", "init"), "utf8");
}

/**
 * A film of a man at a counter, as the board's disk. An emulated camera sees one picture in one or two seconds of it, and a man
 * who sways between them shows no sign of life: in these four seconds he keeps his head still and talks.
 */
export async function makeFilm(film: string, file: string): Promise<void> {
  await ffmpeg("-ss", "80", "-t", "4", "-i", film, ...RAW, file);
}

const RAW = ["-vf", "fps=10,scale=720:576", "-pix_fmt", "yuyv422", "-f", "rawvideo"];

export async function installPhotos(folder: string, path: (name: string) => string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, "right.jpg"), await chipPhoto(path("franck_02221.jpg")));
  await writeFile(join(folder, "other.jpg"), await chipPhoto(path("cage.jpg")));
  const scaled = ["-vf", "scale=900:720,pad=1280:720:190:0", "-frames:v", "1", "-q:v", "3"];
  await ffmpeg("-ss", "4", "-i", path("franck.mp4"), ...scaled, join(folder, "frame.jpg"));
  await mkdir(join(folder, "film"));
  const film = ["-vf", "fps=10,scale=900:720,pad=1280:720:190:0", "-t", "5", "-q:v", "3"];
  await ffmpeg("-ss", "4", "-i", path("franck.mp4"), ...film, join(folder, "film", "%02d.jpg"));
}

async function ffmpeg(...args: readonly string[]): Promise<void> {
  await run(findFfmpeg(), ["-nostdin", "-v", "error", "-y", ...args]);
}
