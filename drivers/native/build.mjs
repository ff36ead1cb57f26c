/**
 * Builds an addon (and the light's guard) with node-gyp. Node's own headers are taken where they lie beside the program,
 * so that nothing is downloaded.
 *
 *   node drivers/native/build.mjs                             for this machine, into drivers/native/build
 *   node drivers/native/build.mjs --folder models/native      the addon for faces, in the same way
 *   node drivers/native/build.mjs --arch arm64 --headers <folder with include/node> --folder <copy of a folder>
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: { arch: { type: "string" }, headers: { type: "string" }, folder: { type: "string", default: here } },
});

const beside = dirname(dirname(process.execPath));
const headers =
  values.headers ??
  process.env["npm_config_nodedir"] ??
  (existsSync(join(beside, "include", "node", "node_api.h")) ? beside : undefined);
const nodeGyp = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
const options = [
  ...["rebuild", "--silent", "--directory", values.folder],
  ...(values.arch ? ["--arch", values.arch] : []),
];
// node-gyp believes npm's settings in the environment more than its own arguments, so the headers are named there.
const env = headers ? { ...process.env, npm_config_nodedir: headers } : process.env;
const { status, stdout, stderr } = spawnSync(process.execPath, [nodeGyp, ...options], { encoding: "utf8", env });
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}`);
  process.stderr.write(
    `The addon of ${values.folder} was not built: it needs a C compiler, make and python3 (Debian: build-essential python3).\n`,
  );
}
process.exitCode = status ?? 1;
