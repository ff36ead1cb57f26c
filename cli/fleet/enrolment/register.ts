import { readFile } from "node:fs/promises";
import type { Registered } from "../../../carrier/enrolment.ts";
import { writeWhole } from "../../../device/storage/atomic-file.ts";
import { jsonOf } from "../../console/files.ts";
import { lockRegister } from "./register-lock.ts";

export type Register = Readonly<Record<string, Registered>>;

const WHAT = "the register of cameras that `fleet approve` and `carrier enrol` write";

/** Empty where there is none yet: the first camera makes it. */
export async function readRegister(file: string): Promise<Register> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? {} : jsonOf(text, file, WHAT);
}

/**
 * Puts a camera into the register, beside what other commands put there at the same time. Throws Error, and changes nothing,
 * when it is known under another key and that is not to be replaced.
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
