import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { PACKAGE_FOLDER } from "../../../device/paths.ts";

const run = promisify(execFile);
const forge = (...args: readonly string[]) =>
  run(process.execPath, [join(PACKAGE_FOLDER, "dist", "deploy", "cli", "matchlight.js"), "forge", ...args]);

t.test(
  "a trial of other forms names networks that there are, and never lies where a pack is shipped from",
  async (t) => {
    await t.rejects(forge("--integers", "detector,nose"), { code: 1, stderr: /"nose" is none of detector, landmarks/ });
    for (const out of [[], ["--out", join(PACKAGE_FOLDER, "models", "packs", "fp32", "")]]) {
      await t.rejects(forge("--integers", "detector", ...out), { code: 1, stderr: /name another folder with --out/ });
    }
  },
);
