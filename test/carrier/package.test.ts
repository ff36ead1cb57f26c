import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import ts from "typescript";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../protocol/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { readText } from "../support/sources.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

const run = promisify(execFile);

t.test("the example runs as it is, by the name under which an integrator imports the library", async (t) => {
  t.ok(readText("carrier/example.ts").trimEnd().split("\n").length < 40);
  await using broker = await startTestBroker();
  const key = await generatePrivateJwk("signing");
  const folder = t.testdir({ "key.jwk": JSON.stringify(key), "a.jpg": "", "text.jpg": "no picture" });
  writeFileSync(join(folder, "a.jpg"), Buffer.from([0xff, 0xd8, 0xff]));
  const options = { brokerUrl: broker.url, name: "counter-7", carrier: key, dataFolder: join(folder, "data") };
  const { device } = await openSynthetic(options);
  t.teardown(() => device[Symbol.asyncDispose]());
  const photos = ["a.jpg", "text.jpg", "a.jpg"].map((name) => join(folder, name));
  const args = ["dist/carrier/example.js", broker.url.href, join(folder, "key.jwk"), "counter-7", ...photos];
  const { stdout } = await run(process.execPath, args, { cwd: PACKAGE_FOLDER });
  t.match(stdout, /match \n.*bad_input \n.*match \n2 signed reports to keep\n$/s);
});

t.test("its types come with it", async (t) => {
  const file = join(PACKAGE_FOLDER, "dist", "consumer.ts");
  const host = ts.createCompilerHost({});
  const text = `import { openFleet, type Trouble } from "matchlight/carrier";
    export const wrong: number = openFleet;
    export const right: Trouble = { kind: "broken", device: "a", seq: 1 };`;
  const options: ts.CompilerOptions = {
    ...{ module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023, strict: true, noEmit: true },
    ...{ skipLibCheck: true, lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"], types: ["node"] },
  };
  const program = ts.createProgram([file], options, {
    ...host,
    fileExists: (path) => path === file || host.fileExists(path),
    readFile: (path) => (path === file ? text : host.readFile(path)),
    getSourceFile: (path, how, ...rest) =>
      path === file ? ts.createSourceFile(path, text, how) : host.getSourceFile(path, how, ...rest),
  });
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
  t.equal(problems.length, 1, problems.join("\n"));
  t.match(problems[0], /is not assignable to type 'number'/);
});
