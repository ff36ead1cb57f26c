import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";

/** machine-id(5): it must not leave the machine as it is, so a keyed hash of it stands for it. */
const APPLICATION = "matchlight-device-id";

/** A name for this machine that it has at every start; undefined where it has no id of its own. */
export async function machineName(path = "/etc/machine-id"): Promise<string | undefined> {
  const id = (await readFile(path, "utf8").catch(() => "")).trim();
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  return `camera-${createHmac("sha256", id).update(APPLICATION).digest("hex").slice(0, 12)}`;
}
