import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import ts from "typescript";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { productSources } from "../support/product-sources.ts";
import { readText } from "../support/sources.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

const run = promisify(execFile);
const PACKAGES = ["protocol", "carrier"];

// Outside the repository: nothing is found in a node_modules above.
const consumer = mkdtempSync(join(tmpdir(), "matchlight-consumer-"));
t.teardown(() => rmSync(consumer, { recursive: true, force: true }));
writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true, type: "module" }));

const workspaces = PACKAGES.flatMap((name) => ["-w", name]);
await npm(PACKAGE_FOLDER, "pack", "--pack-destination", consumer, ...workspaces);
const tarballs = readdirSync(consumer).filter((name) => name.endsWith(".tgz"));
await npm(consumer, "install", "--ignore-scripts", "--prefer-offline", ...tarballs.map((name) => join(consumer, name)));

t.test("an installation is small and has no native code", async (t) => {
  const listed = await npm(consumer, "ls", "--all", "--parseable");
  t.ok(listed.trim().split("\n").length - 1 <= 50, listed);
  const files = readdirSync(join(consumer, "node_modules"), { recursive: true, encoding: "utf8" });
  const sizes = files.map((path) => statSync(join(consumer, "node_modules", path)).size);
  t.ok(sizes.reduce((sum, size) => sum + size, 0) <= 45_000_000);
  t.same(
    files.filter((path) => path.endsWith(".node")),
    [],
  );
});

t.test("a tarball has what is imported, and neither tests nor sources", async (t) => {
  for (const name of PACKAGES) {
    const files = readdirSync(join(consumer, "node_modules", "@matchlight", name), {
      recursive: true,
      withFileTypes: true,
    });
    const strange = files.filter(
      (entry) => entry.isFile() && !/(\.js|\.d\.ts|\.md|LICENSE|package\.json)$/.test(entry.name),
    );
    t.same(strange, [], name);
  }
});

t.test("the example type-checks under strict and verifies people, as it is", async (t) => {
  t.ok(readText("carrier/example.ts").trimEnd().split("\n").length < 40);
  copyFileSync(join(PACKAGE_FOLDER, "carrier", "example.ts"), join(consumer, "example.ts"));
  writeFileSync(
    join(consumer, "wrong.ts"),
    `import { openFleet, type Trouble } from "@matchlight/carrier";
    export const right: Trouble = { kind: "broken", device: "a", seq: 1 };
    export const wrong: number = openFleet;`,
  );
  const problems = compile(["example.ts", "wrong.ts"]);
  t.equal(problems.length, 1, problems.join("\n"));
  t.match(problems[0], /wrong\.ts: .*is not assignable to type 'number'/, "types are checked where they are used");
  await using broker = await startTestBroker();
  const key = await generatePrivateJwk("signing");
  const folder = t.testdir({ "key.jwk": JSON.stringify(key), "a.jpg": "", "text.jpg": "no picture" });
  writeFileSync(join(folder, "a.jpg"), Buffer.from([0xff, 0xd8, 0xff]));
  const options = { brokerUrl: broker.url, name: "counter-7", carrier: key, dataFolder: join(folder, "data") };
  const { device } = await openSynthetic(options);
  t.teardown(() => device[Symbol.asyncDispose]());
  const photos = ["a.jpg", "text.jpg", "a.jpg"].map((name) => join(folder, name));
  const args = ["example.js", broker.url.href, join(folder, "key.jwk"), "counter-7", ...photos];
  const { stdout } = await run(process.execPath, args, { cwd: consumer });
  t.match(stdout, /match \n.*bad_input \n.*match \n2 signed reports to keep\n$/s);
});

t.test("enrolment needs two more packages, says so, and works with them", async (t) => {
  const script = `const { acceptEnrolment } = await import("@matchlight/carrier/enrolment");
    await acceptEnrolment({ token: "none" }).catch((error) => console.log(error.code));`;
  const ask = () => run(process.execPath, ["--input-type=module", "-e", script], { cwd: consumer });
  await t.rejects(ask(), /Cannot find package '(@peculiar\/x509|reflect-metadata)'/);
  mkdirSync(join(consumer, "node_modules", "@peculiar"));
  for (const name of ["@peculiar/x509", "reflect-metadata"]) {
    symlinkSync(join(PACKAGE_FOLDER, "node_modules", name), join(consumer, "node_modules", name));
  }
  t.equal((await ask()).stdout, "bad_input\n");
});

t.test("each package names what its sources import, in the versions that the product ships", async (t) => {
  const root = JSON.parse(readText("package.json"));
  for (const name of PACKAGES) {
    const manifest = JSON.parse(readText(`${name}/package.json`));
    t.equal(manifest.version, root.version);
    const named = { ...manifest.dependencies, ...manifest.peerDependencies };
    const sources = productSources().filter(({ path }) => path.startsWith(`${name}/`) && !path.endsWith("example.ts"));
    const sisters = PACKAGES.filter(
      (other) => other !== name && sources.some(({ imports }) => imports.some((one) => one.startsWith(`${other}/`))),
    );
    const wanted = sources.flatMap(({ packages }) => packages);
    t.same(new Set(Object.keys(named)), new Set([...wanted, ...sisters.map((one) => `@matchlight/${one}`)]), name);
    for (const one of wanted) t.equal(named[one], `^${root.dependencies[one]}`, one);
    for (const one of sisters) t.equal(named[`@matchlight/${one}`], root.version);
  }
});

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("npm_"));
  return (await run("npm", [...args], { cwd, env: Object.fromEntries(environment) })).stdout;
}

/** Compiles a consumer's programs; the problems, in words. */
function compile(names: readonly string[]): readonly string[] {
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    exactOptionalPropertyTypes: true,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    types: ["node"],
    typeRoots: [join(PACKAGE_FOLDER, "node_modules", "@types")],
  };
  const program = ts.createProgram(
    names.map((name) => join(consumer, name)),
    options,
  );
  program.emit();
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
}
