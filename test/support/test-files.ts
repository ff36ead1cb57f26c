import { dirname, join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { filesBelow } from "./sources.ts";

/** Folders of long tests, and of those that wait most: begun first, so that short ones fill what is left at the end. */
const FIRST = [
  "dist/test/accuracy/",
  "dist/test/story/",
  "dist/test/deploy/",
  "dist/test/carrier/tarball.",
  "dist/test/workshop/",
  "dist/test/drivers/",
];

/**
 * What holds a promise about time, to a quarter of a second or less, or subtracts one time from another; and whole devices
 * that look at somebody, who shows a sign of life to frames that follow each other closely.
 */
const TIMED = ["drivers/", "workshop/bench/", "story/", "device/status/clock-trust."].map(
  (name) => `dist/test/${name}`,
);

/** Whether a test file, as an absolute path, needs a processor at once whenever it asks: one runs for each core. */
export function isTimed(file: string): boolean {
  return TIMED.some((start) => file.startsWith(join(PACKAGE_FOLDER, start)));
}

/** What holds the service to a promise that everything beside it would break: it runs last, with nothing beside it. */
const ALONE = "dist/test/story/responsive.test.js";

/** Whether a test file, as an absolute path, runs after all others. */
export function isAlone(file: string): boolean {
  return file === join(PACKAGE_FOLDER, ALONE);
}

/**
 * What starts processes, whole devices or a compiler, or looks at the process that it runs in: each file is a process of
 * its own. All others share one with their folder, because starting Node and tap costs more than most of them do.
 */
const OWN_PROCESS = [
  ...FIRST,
  "dist/test/cli/",
  "dist/test/device/app/",
  "dist/test/device/inference/",
  "dist/test/device/management/",
  "dist/test/docs/",
  "dist/test/gateway/",
  "dist/test/guide/",
  "dist/test/support/",
];

/** The test files of one process, as absolute paths. */
export type TestFiles = readonly [string, ...string[]];

/** Puts files that may share a process into one group, in the order of their first ones. Takes absolute paths. */
export function groupFiles(files: readonly string[]): readonly TestFiles[] {
  const groups = new Map<string, TestFiles>();
  for (const file of files) {
    const isOwn = isTimed(file) || OWN_PROCESS.some((start) => file.startsWith(join(PACKAGE_FOLDER, start)));
    const key = isOwn ? file : dirname(file);
    const known = groups.get(key);
    groups.set(key, known ? [...known, file] : [file]);
  }
  return [...groups.values()];
}

/**
 * The compiled test files to run, as absolute paths, in the order in which to begin them.
 * @param wanted paths from the root, in which `*` stands for any name and `**` for any folders; none means all
 * @throws Error when one of them names no test file
 */
export function chooseFiles(wanted: readonly string[]): readonly string[] {
  const all = filesBelow("dist/test").filter((path) => path.endsWith(".test.js"));
  const chosen = wanted.length === 0 ? all : wanted.flatMap((pattern) => matching(all, pattern));
  const rank = (path: string) => [...FIRST, ""].findIndex((folder) => path.startsWith(folder));
  return [...new Set(chosen)]
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((path) => join(PACKAGE_FOLDER, path));
}

function matching(files: readonly string[], pattern: string): readonly string[] {
  const literal = pattern.replace(/^\.\//, "").replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  const expression = literal.replace(/\*\*\/|\*/g, (stars) => (stars === "*" ? "[^/]*" : "(?:.*/)?"));
  const found = files.filter((path) => new RegExp(`^${expression}$`).test(path));
  if (found.length === 0)
    throw new Error(`no test file is named ${pattern}: npm run build makes dist/test/…/*.test.js`);
  return found;
}
