import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { productSources } from "../support/product-sources.ts";
import { fencedLines, readText } from "../support/sources.ts";

const page = readText("docs/ARCHITECTURE.md");
const sources = productSources();
const folderOf = (path: string) => path.split("/", 1)[0] ?? "";

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

// Biome finds circles of values. A circle of types compiles, too, and no reader can begin at one end of it.
t.test("no file imports itself by way of others, types included", async (t) => {
  t.same(circles(new Map(sources.map(({ path, imports }) => [path, imports]))), []);
  t.equal(
    circles(
      new Map([
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["a"]],
      ]),
    ).length,
    1,
    "a circle is found",
  );
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
    for (const one of allowed)
      t.ok(
        doors.get(name)?.some((path) => one.endsWith("/*") || path === one),
        `${name} comes in through ${one}`,
      );
    doors.delete(name);
  }
  t.same([...doors.keys()], [], "every package is on the page");
});

t.test("every file named on the page is there", async (t) => {
  const named = [
    ...page.matchAll(/`((?:device|drivers|models|deploy|carrier|protocol|cli|guide|workshop|test)\/[\w./-]*)`/g),
  ];
  for (const [, one = ""] of named) t.ok(existsSync(join(PACKAGE_FOLDER, one)), one);
});

/** Every circle of a graph that a walk along its edges closes, as the nodes on it. */
function circles(edges: ReadonlyMap<string, readonly string[]>): readonly string[][] {
  const done = new Set<string>();
  const found: string[][] = [];
  const walk = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) return void found.push([...path.slice(at), node]);
    if (done.has(node)) return;
    for (const next of edges.get(node) ?? []) walk(next, [...path, node]);
    done.add(node);
  };
  for (const node of edges.keys()) walk(node, []);
  return found;
}
