/**
 * Takes out of an installed tree what this system will never load: native binaries of other systems, sources of binaries
 * that are there, types and maps. Run by deploy/Dockerfile after `npm prune`, in the folder of package.json.
 *
 *   node deploy/image/slim.mjs        for this machine; npm_config_cpu names another processor
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const arch = process.env["npm_config_cpu"] || process.arch;

/** Removes every entry of a folder but those named. A folder that is not there has nothing to be removed. */
function keepOnly(folder, ...names) {
  if (!existsSync(folder)) return;
  const others = readdirSync(folder).filter((name) => !names.includes(name));
  for (const name of others) rmSync(join(folder, name), { recursive: true });
}

const runtime = join("node_modules", "onnxruntime-node");
for (const api of readdirSync(join(runtime, "bin"))) {
  keepOnly(join(runtime, "bin", api), "linux");
  keepOnly(join(runtime, "bin", api, "linux"), arch);
}
keepOnly(join("node_modules", "@julusian", "jpeg-turbo", "prebuilds"), `jpeg-turbo-linux-${arch}`);

const SOURCES = [
  "node_modules/@julusian/jpeg-turbo/src",
  "node_modules/@julusian/jpeg-turbo/CMakeLists.txt",
  "node_modules/epoll/src",
  "node_modules/epoll/build/Release/obj.target",
  "node_modules/nan",
  "node_modules/@types",
  // Links to our own packages, whose code is in dist.
  "node_modules/@matchlight",
];
for (const path of SOURCES) rmSync(path, { recursive: true, force: true });

// Types and maps are for people who write programs, not for cameras. Licences stay.
for (const entry of readdirSync("node_modules", { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && /\.(d\.[cm]?ts|map)$/.test(entry.name)) rmSync(join(entry.parentPath, entry.name));
}
