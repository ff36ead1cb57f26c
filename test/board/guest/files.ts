import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Every file and folder below a folder, itself left out. */
export function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name)));
}
