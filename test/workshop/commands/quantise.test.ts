import { execFile } from "node:child_process";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { PACKAGE_FOLDER, packFolder } from "../../../device/process/package-folder.ts";
import { requireExperimental } from "../../../workshop/commands/quantise.ts";
import { FORMS } from "../../../workshop/quantise/recipe.ts";

const run = promisify(execFile);
const quantise = (...args: readonly string[]) =>
  run(process.execPath, [join(PACKAGE_FOLDER, "dist", "workshop", "workshop.js"), "quantise", ...args]);

t.test("a trial of other forms names networks that there are", async (t) => {
  await t.rejects(quantise("--integers", "detector,nose"), {
    code: 3,
    stderr: /"nose" is none of detector, landmarks/,
  });
  await t.rejects(quantise("--calibrate", "landmarks,ear"), {
    code: 3,
    stderr: /"ear" is none of detector, landmarks/,
  });
  await t.rejects(quantise("--integers", "detector", "--check"), {
    code: 3,
    stderr: /cannot be used with option '--check'/,
  });
});

// Asked of the function: a command without this guard would write over the very packs that other tests read.
t.test("a trial never lies where a pack is shipped from, however that folder is written", async (t) => {
  for (const shipped of [packFolder("int8"), packFolder("fp32")]) {
    for (const out of [shipped, `${shipped}/`, relative(process.cwd(), shipped)]) {
      t.throws(
        () => requireExperimental(FORMS, out),
        { name: "QuantiseError", message: /name another folder with --out/ },
        out,
      );
    }
  }
  t.equal(requireExperimental(FORMS, "trial"), FORMS);
});
