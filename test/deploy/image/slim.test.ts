import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { readText } from "../../support/sources.ts";

interface Locked {
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readText("package-lock.json")) as { readonly packages: Record<string, Locked> };

t.test("no helper of an installation goes to a camera, and nothing that runs is missing", async (t) => {
  const folder = t.testdir({});
  const copy = (path: string) => cpSync(join(PACKAGE_FOLDER, path), join(folder, path));
  copy("package.json");
  for (const [path, { dev, link }] of Object.entries(packages)) {
    const manifest = join(path, "package.json");
    const installed = path.startsWith("node_modules/") && existsSync(join(PACKAGE_FOLDER, manifest));
    if (installed && !dev && !link) copy(manifest);
  }
  const runtime = join("node_modules", "onnxruntime-node", "bin", "napi-v6");
  for (const system of ["darwin", "linux"]) mkdirSync(join(folder, runtime, system, process.arch), { recursive: true });
  const has = (name: string) => existsSync(join(folder, "node_modules", name));
  const HELPERS = ["cmake-js", "axios", "follow-redirects", "node-addon-api", "global-agent", "adm-zip"];
  for (const name of HELPERS) t.ok(has(name), `${name} is installed by npm`);
  execFileSync(process.execPath, [join(PACKAGE_FOLDER, "deploy", "image", "slim.mjs")], { cwd: folder });
  for (const name of HELPERS) t.notOk(has(name), name);
  t.notOk(existsSync(join(folder, runtime, "darwin")));
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) t.ok(has(name), name);
  for (const name of ["pkg-prebuilds", "onnxruntime-common", "ws", "readable-stream", "mqtt-packet", "sonic-boom"]) {
    t.ok(has(name), name);
  }
});

t.test("the installation without containers takes them out, too", async (t) => {
  const script = readText("deploy/systemd/install.sh");
  t.ok(script.indexOf("deploy/image/slim.mjs") > script.indexOf("rebuild epoll"));
});
