import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A package on npm of which only some files are wanted: it is fetched by its integrity and never installed. */
export interface PublishedPackage {
  /** Name and version, `name@1.2.3`. */
  readonly spec: string;
  /** What `npm view <spec> dist.integrity` says: sha512. */
  readonly integrity: string;
  /** The folder inside the tarball that is kept. */
  readonly folder: string;
  /** What the files are, for people. */
  readonly what: string;
}

/** Makes more files out of those of a package, once, right after it was unpacked into `folder`. */
export type Prepare = (folder: string) => Promise<void>;

/** Where fetched things are kept, for all checkouts of one user: `$XDG_CACHE_HOME/matchlight`. */
export function cacheFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "matchlight");
}

/**
 * The folder with a package's files, from the cache (`$XDG_CACHE_HOME/matchlight`), or fetched once through npm.
 * Throws when they cannot be fetched or are not the ones expected.
 */
export async function fetchPublished(
  wanted: PublishedPackage,
  tell: (text: string) => void,
  prepare?: Prepare,
): Promise<string> {
  const cache = cacheFolder();
  const folder = join(cache, wanted.spec.replace("@", "-"));
  const ready = await access(folder).then(
    () => true,
    () => false,
  );
  if (!ready) await fetchInto(cache, folder, wanted, tell, prepare);
  return folder;
}

/** Everything is made beside its place and then moved there, so that an interrupted fetch leaves nothing half done. */
async function fetchInto(
  cache: string,
  folder: string,
  wanted: PublishedPackage,
  tell: (text: string) => void,
  prepare: Prepare | undefined,
): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "fetch-"));
  try {
    tell(`Fetching ${wanted.what}: ${wanted.spec}, once …`);
    await unpack(await download(work, wanted), work, wanted);
    const unpacked = join(work, wanted.folder);
    await prepare?.(unpacked);
    await rename(unpacked, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Somebody else was faster; theirs is the same.
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
