import { spawnSync } from "node:child_process";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { readText } from "./sources.ts";

const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, args, { cwd: PACKAGE_FOLDER, encoding: "utf8", timeout: 60_000 });

t.test("the test runner explains itself, and refuses what it does not know", async (t) => {
  const help = run("dist/test/run.js", "--timeout=600", "dist/test/story/pages.test.js", "--help");
  t.match(help, { status: 0, stderr: "" });
  t.match(help.stdout, "npm run pages");
  t.match(help.stdout, "--jobs <n>");
  const unknown = run("dist/test/run.js", "--nonsense");
  t.match(unknown, { status: 2, stderr: /^Unknown option '--nonsense'\.\n\nRuns compiled tests/, stdout: "" });
  t.match(run("dist/test/run.js", "--jobs=none"), { status: 2, stderr: /--jobs must be a whole number/ });
});

t.test("a command refuses a count that is none", async (t) => {
  const refused = run("dist/test/tools/pack-kill.js", "many");
  t.match(refused, {
    status: 2,
    stderr: /^rounds must be a whole number of at least 1, not 'many'\.\n\nnpm run pack-kill/,
  });
});

t.test("the gateway refuses an unknown command instead of serving", async (t) => {
  t.match(run("dist/gateway/main.js", "tokn"), {
    status: 2,
    stderr: /^Unknown command 'tokn'\. Add --help/,
    stdout: "",
  });
});

t.test("every command of package.json reads its arguments by what explains them", async (t) => {
  const { scripts } = JSON.parse(readText("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
  const programs = Object.values(scripts).flatMap((script) => /\bdist\/(\S+)\.js\b/.exec(script)?.[1] ?? []);
  t.ok(programs.length > 30);
  for (const program of new Set(programs)) {
    t.match(readText(`${program}.ts`), /\b(readArguments|readCounts|new Command)\(|helpText\(\)/, program);
  }
});
