import { mkdirSync } from "node:fs";
import { becomeUser } from "./become.ts";
import { prepare, runtimeFolders } from "./prepare.ts";

/**
 * The image's entry point: becomes what the image's user may be, and then is the command line. Started as that user it
 * only makes the runtime folders; started as root, as docker-compose.yml does for the camera's sake, it opens the way to
 * camera, lines, lock and data first, and gives root up before anything else of the program is loaded.
 */
const warn = (event: string, reason: string) =>
  process.stderr.write(`${JSON.stringify({ level: 40, event, reason })}\n`);

if (process.getuid?.() === 0) becomeUser(prepare(process.env, warn));
for (const folder of runtimeFolders(process.env)) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    warn("runtime_folder_missing", String(error));
  }
}
await import("../../cli/matchlight.ts");
