import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the installed package, searched upwards from here, so it is the same for the sources and for `dist`. */
export const PACKAGE_FOLDER = findUpwards(dirname(fileURLToPath(import.meta.url)));

/** The folder of a model pack: a shipped one by its name, any other by its path. */
export function packFolder(pack: string): string {
  return /^[a-z0-9-]+$/.test(pack) ? join(PACKAGE_FOLDER, "models", "packs", pack) : pack;
}

function findUpwards(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error("package.json is missing above the program: reinstall it");
  return findUpwards(above);
}
