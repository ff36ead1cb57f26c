import { cp, lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMedia } from "../../cli/demo/media.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { type KernelChoice, kernel, userSpace } from "./debian.ts";
import { followDockerfile } from "./dockerfile.ts";
import { type Image, installPhotos, makeFilm, readInit } from "./image.ts";
import {
  COMPILERS,
  compilePlayer,
  installBase,
  installModules,
  nodeForBoard,
  packInitramfs,
  vmlinuz,
} from "./rootfs.ts";
import { requireTools } from "./tools.ts";

/** A part of what the image adds to its base, and its size. */
export interface Share {
  readonly part: string;
  readonly bytes: number;
}

export interface ShippedImage extends Image {
  readonly shares: readonly Share[];
}

/** What an image may add to its base: a camera downloads it at night, over whatever line a shop has. */
export const IMAGE_BOUND_BYTES = 55_000_000;

/**
 * Makes the image as deploy/Dockerfile says, without Docker, and a board that boots it. What stands for the base image is
 * Debian's arm64 user space with Node from npm; the build stage runs here, and everything in it is told to build for arm64.
 */
export async function makeShippedImage(choice: KernelChoice, tell: (text: string) => void): Promise<ShippedImage> {
  await requireTools();
  tell("Debian's arm64 user space and kernel, and Node");
  const [space, kernelFolder, node] = [await userSpace(), await kernel(choice), await nodeForBoard()];
  const media = await loadMedia(tell);
  const work = await mkdtemp(join(tmpdir(), "matchlight-image-"));
  const init = await readInit();
  const { root, ...config } = await followDockerfile({
    dockerfile: join(PACKAGE_FOLDER, "deploy", "Dockerfile"),
    context: PACKAGE_FOLDER,
    work,
    tell,
    runEnv: crossEnvironment(node),
    // The build stage's image brings Node, npm and a compiler: this machine's stand for them.
    base: async (image, to) => (image.endsWith("-slim") ? installBase(to, space, node, init) : undefined),
  });
  const shares = await sharesOf(join(root, config.workdir));
  tell("packing");
  await installModules(root, kernelFolder);
  await installGuest(join(root, "guest"), config.workdir);
  await installPhotos(join(root, "guest", "photos"), media.path);
  await writeFile(join(root, "guest", "image.json"), JSON.stringify(config));
  const [initramfs, film] = [join(work, "initramfs"), join(work, "film.yuyv")];
  await packInitramfs(root, initramfs);
  await rm(root, { recursive: true });
  await makeFilm(media.path("franck.mp4"), film);
  const remove = () => rm(work, { recursive: true, force: true });
  return { kernel: await vmlinuz(kernelFolder), initramfs, film, shares, [Symbol.asyncDispose]: remove };
}

/** npm and node-gyp take their settings from the environment. */
function crossEnvironment(node: string): NodeJS.ProcessEnv {
  const npm = { cpu: "arm64", os: "linux", libc: "glibc", arch: "arm64", nodedir: node };
  const settings = Object.fromEntries(Object.entries(npm).map(([name, value]) => [`npm_config_${name}`, value]));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_)/.test(name));
  return { ...Object.fromEntries(inherited), ...COMPILERS, ...settings };
}

/** The tests' own program beside the image; what it shares with the product it takes from there. */
async function installGuest(guest: string, app: string): Promise<void> {
  await mkdir(guest);
  for (const part of ["package.json", "dist"])
    await cp(join(PACKAGE_FOLDER, part), join(guest, part), { recursive: true });
  for (const part of ["node_modules", "drivers", "models"]) await symlink(join(app, part), join(guest, part));
  await compilePlayer(guest);
}

/** Where the bytes are: each package of a megabyte and more by itself, the largest first. */
async function sharesOf(app: string): Promise<readonly Share[]> {
  const shares: Share[] = [];
  for (const name of await readdir(app)) {
    if (name === "node_modules") shares.push(...(await packageShares(join(app, name))));
    else shares.push({ part: name, bytes: await sizeOf(join(app, name)) });
  }
  return shares.sort((a, b) => b.bytes - a.bytes);
}

async function packageShares(modules: string): Promise<readonly Share[]> {
  const sizes: Share[] = [];
  for (const name of await readdir(modules)) {
    const inner = name.startsWith("@") ? (await readdir(join(modules, name))).map((one) => `${name}/${one}`) : [name];
    for (const part of inner) sizes.push({ part, bytes: await sizeOf(join(modules, part)) });
  }
  const small = sizes.filter(({ bytes }) => bytes < 1e6);
  const rest = { part: `${small.length} other packages`, bytes: small.reduce((sum, { bytes }) => sum + bytes, 0) };
  return [...sizes.filter(({ bytes }) => bytes >= 1e6), rest];
}

async function sizeOf(path: string): Promise<number> {
  const entry = await lstat(path);
  if (!entry.isDirectory()) return entry.size;
  let sum = 0;
  for (const name of await readdir(path)) sum += await sizeOf(join(path, name));
  return sum;
}
