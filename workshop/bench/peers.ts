import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../cli/published.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

const run = promisify(execFile);
const FILES = ["package.json", "package-lock.json"];
const INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];

/**
 * The folder of the installed peers, made once in the cache. npm checks the integrity of each package against the lock
 * file beside this file and runs no scripts. The peers are not dependencies of the product: 373 MB.
 */
export async function installPeers(print: (text: string) => void): Promise<string> {
  const from = join(PACKAGE_FOLDER, "workshop", "bench", "peers");
  const lock = await readFile(join(from, "package-lock.json"));
  const cache = cacheFolder();
  const folder = join(cache, `peers-${createHash("sha256").update(lock).digest("hex").slice(0, 12)}`);
  const ready = await access(folder).then(
    () => true,
    () => false,
  );
  if (ready) return folder;
  print("Fetching the peers, @vladmandic/human and @vladmandic/face-api with TensorFlow.js, once: 373 MB …");
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "peers-"));
  try {
    for (const file of FILES) await copyFile(join(from, file), join(work, file));
    await run("npm", INSTALL, { cwd: work }).catch((cause: unknown) => {
      throw new Error("npm cannot fetch the peers; leave them out with --no-peers", { cause });
    });
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}
