import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BOARD_CACHE, cached, run } from "./tools.ts";

/** Debian's arm64 kernels that can be chosen, by the metapackage that names the newest of each. */
export const KERNELS = { "6.1": "linux-image-arm64", "6.12": "linux-image-6.12-arm64" } as const;

export type KernelChoice = keyof typeof KERNELS;

/** The user space of the board: a C library, what Node needs beside it, a shell, and a broker. */
const USER_SPACE = ["libc6", "libstdc++6", "libgcc-s1", "busybox-static", "mosquitto"];

/** apt with a state of its own, for arm64: nothing of this machine's package database is touched. */
async function apt(): Promise<(program: string, ...args: readonly string[]) => Promise<string>> {
  const folder = join(BOARD_CACHE, "apt");
  await mkdir(join(folder, "state", "lists", "partial"), { recursive: true });
  await mkdir(join(folder, "cache", "archives", "partial"), { recursive: true });
  await writeFile(join(folder, "status"), "");
  const config = join(folder, "apt.conf");
  const lines = [
    `APT::Architecture "arm64"; APT::Architectures { "arm64"; }; APT::Sandbox::User "root";`,
    `Dir::State "${join(folder, "state")}"; Dir::State::status "${join(folder, "status")}";`,
    `Dir::Cache "${join(folder, "cache")}";`,
  ];
  await writeFile(config, lines.join("\n"));
  const call = (program: string, ...args: readonly string[]) =>
    run(program, args, { cwd: folder, env: { ...process.env, APT_CONFIG: config } });
  await call("apt-get", "update", "-qq");
  return call;
}

/** The unpacked user space; every package with all it depends on, resolved by apt itself. */
export function userSpace(): Promise<string> {
  return cached("user-space", async (folder) => {
    const call = await apt();
    await call("apt-get", "install", "--download-only", "--no-install-recommends", "--yes", "-qq", ...USER_SPACE);
    const archives = join(BOARD_CACHE, "apt", "cache", "archives");
    for (const file of await readdir(archives)) {
      if (file.endsWith(".deb") && !file.startsWith("linux-image"))
        await run("dpkg", ["-x", join(archives, file), folder]);
    }
  });
}

/** The unpacked kernel package: `boot/vmlinuz-…` and `lib/modules/…`. */
export function kernel(choice: KernelChoice): Promise<string> {
  return cached(`kernel-${choice}`, async (folder) => {
    const call = await apt();
    const depends = await call("apt-cache", "depends", KERNELS[choice]).catch(() => "");
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
    if (!name) throw new Error(`Debian's archive, as this machine sees it, has no arm64 kernel ${choice}`);
    await call("apt-get", "download", "-qq", name);
    const files = (await readdir(join(BOARD_CACHE, "apt"))).filter((file) => file.startsWith(`${name}_`));
    for (const file of files) await run("dpkg", ["-x", join(BOARD_CACHE, "apt", file), folder]);
  });
}
