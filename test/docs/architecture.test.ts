import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { productSources } from "../support/product-sources.ts";
import { fencedLines, filesBelow, readText } from "../support/sources.ts";

const page = readText("docs/ARCHITECTURE.md");
const sources = productSources();
const FILE_LIMIT_LINES = 250;

/** The folder that the page's rules speak of: `device/link` and `device/fleet` stand for themselves. */
function folderOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  const both = `${first}/${second}`;
  return ["device/link", "device/fleet"].includes(both) ? both : first;
}

t.test("the page's import list is what the sources import, no more and no less", async (t) => {
  const found = new Map<string, Set<string>>();
  for (const { path, imports } of sources) {
    const from = folderOf(path);
    const seen = found.get(from) ?? new Set();
    found.set(from, seen);
    for (const target of imports) if (folderOf(target) !== from) seen.add(folderOf(target));
  }
  for (const line of fencedLines(page, "imports")) {
    const [from = "", targets = ""] = line.split("→").map((part) => part.trim());
    const said = targets.split(",").map((part) => part.trim());
    t.same([...(found.get(from) ?? [])].sort(), said.filter(Boolean).sort(), from);
    found.delete(from);
  }
  t.same([...found.keys()], [], "every folder is on the page");
});

t.test("each npm package enters through the doors that the page names", async (t) => {
  const doors = new Map<string, string[]>();
  for (const { path, packages } of sources) {
    for (const name of packages) doors.set(name, [...(doors.get(name) ?? []), path]);
  }
  for (const line of fencedLines(page, "doors")) {
    const [name = "", places = ""] = line.split(": ");
    const allowed = places.split(", ");
    const matches = (path: string) =>
      allowed.some((one) => (one.endsWith("/*") ? path.startsWith(one.slice(0, -1)) : path === one));
    t.same(
      (doors.get(name) ?? []).filter((path) => !matches(path)),
      [],
      `${name} comes in nowhere else`,
    );
    for (const one of allowed.filter((door) => !door.endsWith("/*"))) {
      t.ok(doors.get(name)?.includes(one), `${name} comes in through ${one}`);
    }
    doors.delete(name);
  }
  t.same([...doors.keys()], [], "every package is on the page");
});

t.test("every file named on the page is there", async (t) => {
  const named = [...page.matchAll(/`((?:device|drivers|models|deploy|carrier|test)\/[\w./-]*)`/g)].map(
    ([, one = ""]) => one,
  );
  for (const one of named) t.ok(existsSync(join(PACKAGE_FOLDER, one)), one);
});

t.test(`no file of the product or its tests has more than ${FILE_LIMIT_LINES} lines`, async (t) => {
  const tests = filesBelow("test").filter((path) => path.endsWith(".ts"));
  const paths = [...sources.map(({ path }) => path), ...tests];
  t.ok(sources.length > 50 && tests.length > 50, `${paths.length} files`);
  for (const path of paths) {
    const lines = readText(path).trimEnd().split("\n").length;
    if (lines > FILE_LIMIT_LINES) t.fail(`${path} has ${lines} lines`);
  }
});
