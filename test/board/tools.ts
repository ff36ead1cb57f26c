import { execFile } from "node:child_process";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** Where everything that is downloaded or built for the board lies; it may be removed at any time. */
export const BOARD_CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "matchlight", "board");

/** Programs of this machine that the board needs, and the Debian packages that bring them. */
const NEEDED: readonly (readonly [program: string, debianPackage: string])[] = [
  ["qemu-system-aarch64", "qemu-system-arm"],
  ["cpio", "cpio"],
  ["aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"],
  ["aarch64-linux-gnu-g++", "g++-aarch64-linux-gnu"],
  ["dpkg", "dpkg"],
  ["xz", "xz-utils"],
];

/** Runs a program and gives what it printed. Throws with what it complained of. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout } = await exec(program, [...args], { maxBuffer: 64_000_000, ...options });
  return stdout;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Throws, with the command that mends it, when a program is missing. */
export async function requireTools(): Promise<void> {
  const missing: string[] = [];
  for (const [program, debianPackage] of NEEDED) {
    await run("sh", ["-c", `command -v ${program}`]).catch(() => missing.push(debianPackage));
  }
  if (missing.length > 0) {
    throw new Error(`the virtual board needs programs that are not here: apt-get install ${missing.join(" ")}`);
  }
}

/** A folder of the cache, made by `make` beside its place when it is not there, so that nothing half made is ever used. */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(BOARD_CACHE, name);
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (there) return folder;
  const beside = `${folder}.new`;
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { recursive: true });
  await make(beside);
  await rename(beside, folder);
  return folder;
}
