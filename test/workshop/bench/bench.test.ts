import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import t from "tap";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { startContender } from "../../../workshop/bench/contenders.ts";
import { media } from "../../support/media.ts";
import { filesBelow, readText } from "../../support/sources.ts";

t.test("the command measures ours, whole verifications included", async (t) => {
  const program = join(PACKAGE_FOLDER, "dist", "workshop", "workshop.js");
  const options = ["--rounds", "1", "--frames", "1", "--no-peers", "--json"];
  const child = spawn(process.execPath, [program, "bench", ...options]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  t.equal((await once(child, "close"))[0], 0);
  const { contenders, ratios, verifications } = JSON.parse(text);
  t.same(
    contenders.map(({ name }: { name: string }) => name),
    ["int8", "fp32", "tfjs"],
  );
  for (const { wallMs, cpuMs } of contenders[0].stages) t.ok(wallMs.median > 0 && cpuMs.median >= 0);
  t.equal(ratios.length, 3);
  for (const { decisions } of verifications) t.same(decisions, ["match"]);
});

t.test("a contender that cannot do its work is refused, not fast", async (t) => {
  const setup = { kind: "matchlight", pack: "int8", runtime: "onnx" } as const;
  const nobody = startContender({ name: "int8", what: "", setup }, media.path("ironman.jpg"));
  await t.rejects(nobody, { message: /int8 cannot be measured: .*(face|good enough)/ });
});

t.test("the peers are held to a lock that knows every file's integrity, and are no dependencies", async (t) => {
  const lock = JSON.parse(readText("workshop/bench/peers/package-lock.json"));
  for (const [path, entry] of Object.entries<{ integrity?: string }>(lock.packages)) {
    if (path) t.match(entry.integrity, /^sha512-/, path);
  }
  const manifest = readText("package.json");
  for (const name of Object.keys(JSON.parse(readText("workshop/bench/peers/package.json")).dependencies)) {
    if (name.startsWith("@vladmandic/")) t.notMatch(manifest, name);
  }
  t.ok(filesBelow("workshop/bench/peers").every((path) => path.endsWith(".json")));
});
