import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { filesBelow, readText } from "../support/sources.ts";

const manifest = JSON.parse(readText("package.json"));
const PAGES = [
  "README.md",
  "SECURITY.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "models/README.md",
  ...filesBelow("deploy"),
  ...filesBelow("docs"),
].filter((path) => path.endsWith(".md"));

t.test("package.json, balena.yml and the newest entry of the changelog name one version", async (t) => {
  t.equal(/^version: (.+)$/m.exec(readText("balena.yml"))?.[1], manifest.version);
  t.equal(/^## \[([^\]]+)\] - /m.exec(readText("CHANGELOG.md"))?.[1], manifest.version);
});

t.test("every command that a page names is one of package.json's", async (t) => {
  for (const page of PAGES) {
    for (const [, name = ""] of readText(page).matchAll(/`npm run (?:-s )?([\w-]+)/g)) {
      t.ok(manifest.scripts[name], `${page}: npm run ${name}`);
    }
  }
});

t.test("every link between pages leads somewhere, and every file that a page names is there", async (t) => {
  for (const page of PAGES) {
    const text = readText(page);
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      t.ok(existsSync(join(PACKAGE_FOLDER, dirname(page), target)), `${page} → ${target}`);
    }
    for (const [, target = ""] of text.matchAll(
      /`((?:test|device|drivers|models|deploy|carrier|docs)\/[\w./-]+\.\w+)`/g,
    )) {
      t.ok(existsSync(join(PACKAGE_FOLDER, target)), `${page} names ${target}`);
    }
  }
});

t.test("no page has a place left to be filled in", async (t) => {
  for (const page of PAGES) t.notMatch(readText(page), /\b(TODO|TBD|FIXME|[A-Z]+_TABLE)\b/, page);
});

t.test("CI runs the set-up and the tests that a reader of the README runs", async (t) => {
  const script = readText(".ci/run");
  t.match(readText("README.md"), "npm ci && npm test");
  t.match(script, /^npm ci$/m);
  t.match(script, /^npm test$/m);
});

t.test("npm says nothing of its own beside what a command prints", async (t) => {
  const { stdout, stderr } = spawnSync("npm", ["pkg", "get", "name"], { cwd: PACKAGE_FOLDER, encoding: "utf8" });
  t.equal(stdout.trim(), '"matchlight"');
  t.equal(stderr, "");
});
