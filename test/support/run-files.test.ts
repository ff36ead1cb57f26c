import { join } from "node:path";
import { pathToFileURL } from "node:url";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { childrenCpuMeter } from "./cpu-time.ts";
import { runFiles } from "./run-files.ts";
import { chooseFiles, groupFiles } from "./test-files.ts";

const TAP = pathToFileURL(join(PACKAGE_FOLDER, "node_modules", "tap", "dist", "esm", "index.js"));
const FILES = {
  "good.mjs": 't.test("a", async (t) => { t.equal(1, 1); t.ok(true); t.comment("a figure"); });',
  "bad.mjs": 't.test("a", async (t) => { t.equal(1, 1); t.equal(1, 2, "one is two"); });',
  "crash.mjs": "t.pass(); process.kill(process.pid, 'SIGKILL');",
  "throws.mjs": 't.pass(); throw new Error("out of order");',
  "hangs.mjs": 't.test("a", (t) => { setInterval(() => undefined, 1_000); });',
  "empty.mjs": "",
  // To ask for the processor time costs some of it, in the kernel, so it is asked for seldom.
  "works.mjs":
    "t.pass(); while (process.cpuUsage().user < 1_500_000) for (let i = 0; i < 1_000_000; i++) Math.hypot(3, i);",
  "closes.mjs": 't.teardown(() => undefined); t.test("a", async (t) => { t.ok(true); });',
  // It keeps a file in its folder for a while, as a device of a whole test file does.
  "keeps.mjs": `import { existsSync } from "node:fs";
    const kept = t.testdir({ kept: "" });
    t.test("c", async (t) => {
      await new Promise((go) => setTimeout(go, 1_500));
      t.ok(existsSync(kept + "/kept"));
    });`,
  "other.mjs": 't.testdir({}); t.test("d", async (t) => { t.ok(true); });',
  "late.mjs": 'await new Promise((go) => setTimeout(go, 200)); t.test("b", async (t) => { t.ok(true); });',
} as const;

const folder = t.testdir(
  Object.fromEntries(Object.entries(FILES).map(([name, text]) => [name, text && `import t from "${TAP}";\n${text}\n`])),
);
const endedCpuMs = childrenCpuMeter();
const run = (name: keyof typeof FILES) =>
  runFiles([join(folder, name)], {
    timeoutSeconds: name === "hangs.mjs" ? 2 : 60,
    lastWordsMs: 1_000,
    endedCpuMs,
    signal: new AbortController().signal,
  });

t.test("what passed and failed is counted once, and a figure is told", async (t) => {
  t.match(await run("good.mjs"), { passed: 2, failed: 0, lines: ["    # a figure"], name: /good\.mjs$/ });
  const bad = await run("bad.mjs");
  t.match(bad, { passed: 1, failed: 1 });
  t.match(bad.lines.join("\n"), /FAILED: a > one is two/);
});

t.test("a file that crashes, throws, hangs or tells nothing has failed", async (t) => {
  const names = ["crash.mjs", "throws.mjs", "hangs.mjs", "empty.mjs"] as const;
  const outcomes = await Promise.all(names.map(run));
  for (const { name, failed, lines } of outcomes) {
    t.ok(failed > 0, name);
    t.match(lines.join("\n"), /FAILED: /);
  }
});

t.test("the processor time of a process is told, not how long it took", async (t) => {
  const { cpuSeconds } = await run("works.mjs");
  t.ok(cpuSeconds >= 1.5 && cpuSeconds < 6, `${cpuSeconds} s`);
});

t.test("files are chosen by path or pattern, and a name that fits none is refused", async (t) => {
  const [everyday, long] = [chooseFiles([]), chooseFiles([], "long")];
  const all = [...everyday, ...long];
  t.ok(everyday.length > 100 && long.length > 10 && new Set(all).size === all.length);
  t.same(chooseFiles(["dist/test/support/run-files.test.js"]), [
    join(PACKAGE_FOLDER, "dist/test/support/run-files.test.js"),
  ]);
  t.ok(chooseFiles(["dist/test/docs/*.test.js"]).every((path) => path.includes("/dist/test/docs/")));
  t.equal(chooseFiles(["dist/test/**/*.test.js"]).length, all.length, "each is of one kind");
  t.throws(() => chooseFiles(["dist/test/no-such.test.js"]), /no test file is named/);
});

t.test("files of one folder share a process, and each tells its results", async (t) => {
  const files = [join(folder, "good.mjs"), join(folder, "bad.mjs")] as const;
  const outcome = await runFiles(files, { timeoutSeconds: 60, endedCpuMs, signal: new AbortController().signal });
  t.match(outcome, { passed: 3, failed: 1, name: /\(2 files\)$/ });
});

t.test("a file that loads slowly tells its results, also after one that has something to close", async (t) => {
  const files = [join(folder, "closes.mjs"), join(folder, "late.mjs")] as const;
  const outcome = await runFiles(files, { timeoutSeconds: 60, endedCpuMs, signal: new AbortController().signal });
  t.match(outcome, { passed: 2, failed: 0 });
});

t.test("files have folders of their own, in one process and in several at once", async (t) => {
  const options = { timeoutSeconds: 60, endedCpuMs, signal: new AbortController().signal };
  const pairs = [
    ["keeps.mjs", "other.mjs"],
    ["late.mjs", "other.mjs"],
    ["keeps.mjs", "late.mjs"],
  ] as const;
  const outcomes = await Promise.all(
    pairs.map(([one, two]) => runFiles([join(folder, one), join(folder, two)], options)),
  );
  for (const outcome of outcomes) t.match(outcome, { passed: 2, failed: 0 }, outcome.lines.join("\n"));
});

t.test("pure tests are grouped by folder; what is timed, or starts processes, is alone", async (t) => {
  const groups = groupFiles(chooseFiles([]));
  const sizeOf = (name: string) => groups.find((group) => group.some((file) => file.endsWith(name)))?.length ?? 0;
  t.ok(sizeOf("dist/test/models/detection/boxes.test.js") > 1);
  t.equal(sizeOf("dist/test/story/aim.test.js"), 1);
  t.equal(sizeOf("dist/test/drivers/addon.test.js"), 1);
  t.equal(groups.flat().length, chooseFiles([]).length);
});
