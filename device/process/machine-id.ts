import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";

/** machine-id(5): the id must not leave the machine, so a keyed hash replaces it. */
const APPLICATION = "matchlight-device-id";

/** A name for this machine that is the same at every start; undefined if the machine has no id. */
export async function machineName(path = "/etc/machine-id"): Promise<string | undefined> {
  const id = (await readFile(path, "utf8").catch(() => "")).trim();
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  return `camera-${createHmac("sha256", id).update(APPLICATION).digest("hex").slice(0, 12)}`;
}
