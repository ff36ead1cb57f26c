import { readFile } from "node:fs/promises";
import type { Registered } from "../../../carrier/enrolment.ts";
import { writeWhole } from "../../../device/storage/atomic-file.ts";
import { jsonOf } from "../../console/files.ts";
import { lockRegister } from "./register-lock.ts";

export type Register = Readonly<Record<string, Registered>>;

const WHAT = "the register of cameras that `fleet approve` and `carrier enrol` write";

/** Reads the register; empty if it does not exist yet. */
export async function readRegister(file: string): Promise<Register> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? {} : jsonOf(text, file, WHAT);
}

/**
 * Adds a camera to the register, and keeps entries that other commands add at the same time. Throws Error, without a change, if
 * the camera is registered with another key and may not be replaced.
 */
export async function registerCamera(file: string, registered: Registered, replace = false): Promise<void> {
  await using _lock = await lockRegister(file);
  const register = await readRegister(file);
  const known = Object.hasOwn(register, registered.device) ? register[registered.device] : undefined;
  if (known && known.pin !== registered.pin && !replace) {
    throw new Error(
      `${registered.device} is registered for ${known.shop} with another key; say --replace if that is right`,
    );
  }
  await writeWhole(file, `${JSON.stringify({ ...register, [registered.device]: registered }, null, 2)}\n`);
}
