import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

/** A release as a fleet's host would lay it out: a folder of its own with the program in it. */
export interface Release {
  readonly version: string;
  readonly folder: string;
}

/** What the program needs beside itself, and what is the same in every release of a trial. */
const SHARED = ["models", "drivers", "node_modules"];

/** Lays out this program as a release of another version: the same code, so that only the update is new. */
export async function layOutRelease(at: string, version: string): Promise<Release> {
  const folder = join(at, version);
  await mkdir(folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(PACKAGE_FOLDER, "package.json"), "utf8"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, version }));
  const isProduct = (path: string) => !path.startsWith(join(PACKAGE_FOLDER, "dist", "test"));
  await cp(join(PACKAGE_FOLDER, "dist"), join(folder, "dist"), { recursive: true, filter: isProduct });
  for (const name of SHARED) await symlink(join(PACKAGE_FOLDER, name), join(folder, name));
  return { version, folder };
}
