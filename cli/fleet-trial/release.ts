import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

/** A release as on a device: a folder with the program. */
export interface Release {
  readonly version: string;
  readonly folder: string;
}

/** Folders that the program needs and that all releases share. */
const SHARED = ["models", "drivers", "node_modules"];

/** Makes a release of this program with another version. Its code is the same, so the trial tests only the update. */
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
