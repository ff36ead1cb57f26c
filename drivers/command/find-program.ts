import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { DriverError } from "../errors.ts";

/**
 * The path of a program: as it is if it has a slash, else from the folders of PATH. Throws DriverError `gone` if there is
 * none, `denied` if it may not be executed.
 */
export async function findProgram(name: string, path = process.env["PATH"] ?? ""): Promise<string> {
  const places = name.includes("/") ? [name] : path.split(delimiter).map((folder) => join(folder, name));
  let denied = false;
  for (const place of places) {
    const found = await tryProgram(place);
    if (found === "program") return place;
    denied ||= found === "denied";
  }
  if (denied) throw new DriverError("denied", `the program ${name} may not be executed: make it executable (chmod +x)`);
  throw new DriverError("gone", `there is no program ${name}: install it, or correct MATCHLIGHT_CAMERA`);
}

async function tryProgram(place: string): Promise<"program" | "denied" | "missing"> {
  try {
    if (!(await stat(place)).isFile()) return "missing";
  } catch {
    // Most folders of PATH do not have it.
    return "missing";
  }
  return access(place, constants.X_OK).then(
    () => "program",
    () => "denied",
  );
}
