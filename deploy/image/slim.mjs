/**
 * Takes out of an installed tree what this system will never load: native binaries of other systems, sources of binaries
 * that are there, what only installs or builds, types and maps. Run by deploy/Dockerfile and deploy/systemd/install.sh when
 * everything is installed and built, in the folder of package.json.
 *
 *   node deploy/image/slim.mjs        for this machine; npm_config_cpu names another processor
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

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

/** Packages that only install scripts and builds use. Some of them download files and contain an HTTP client. */
const INSTALLERS = ["adm-zip", "cmake-js", "global-agent", "nan", "node-addon-api"];

/** The folders of packages and of all that these depend on, as Node finds them from a folder. */
function withDependencies(names, leftOut, from = ".", found = new Set()) {
  for (const name of names) {
    const folder = findPackage(name, from);
    if (folder === undefined || found.has(folder) || leftOut.includes(name)) continue;
    found.add(folder);
    withDependencies(dependenciesOf(folder), leftOut, folder, found);
  }
  return found;
}

function findPackage(name, from) {
  const folder = join(from, "node_modules", name);
  if (existsSync(join(folder, "package.json"))) return folder;
  return from === "." ? undefined : findPackage(name, dirname(from));
}

function dependenciesOf(folder) {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.keys({ ...dependencies, ...optionalDependencies });
}

const used = withDependencies(dependenciesOf("."), INSTALLERS);
/** The carrier's gateway and what runs in browsers are built with the rest and run on no camera. */
const elsewhere = ["gateway", "guide"].filter((folder) => existsSync(folder)).flatMap(dependenciesOf);
for (const folder of [...withDependencies(INSTALLERS, []), ...withDependencies(elsewhere, [])]) {
  if (!used.has(folder)) rmSync(folder, { recursive: true, force: true });
}

const SOURCES = [
  "dist/gateway",
  "dist/guide",
  "node_modules/@julusian/jpeg-turbo/src",
  "node_modules/@julusian/jpeg-turbo/CMakeLists.txt",
  "node_modules/epoll/src",
  "node_modules/epoll/build/Release/obj.target",
  "node_modules/.bin",
  "node_modules/@types",
  // Links to our own packages, whose code is in dist.
  "node_modules/@matchlight",
];
for (const path of SOURCES) rmSync(path, { recursive: true, force: true });

// Types and maps are for people who write programs, not for cameras. Licences stay.
for (const entry of readdirSync("node_modules", { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && /\.(d\.[cm]?ts|map)$/.test(entry.name)) rmSync(join(entry.parentPath, entry.name));
}
