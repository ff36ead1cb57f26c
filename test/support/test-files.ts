import { dirname, join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { filesBelow } from "./sources.ts";

/** Folders of long tests, and of those that wait most: begun first, so that short ones fill what is left at the end. */
const FIRST = [
  "dist/test/accuracy/",
  "dist/test/story/",
  "dist/test/deploy/",
  "dist/test/workshop/",
  "dist/test/drivers/",
  "dist/test/gateway/",
  "dist/test/device/",
];

/**
 * What holds a promise about time, to a quarter of a second or less, or subtracts one time from another; and whole devices
 * that look at somebody, who shows a sign of life to frames that follow each other closely.
 */
const TIMED = ["drivers/", "workshop/bench/bench.", "story/", "device/status/clock-trust.", "gateway/http/aim."].map(
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
 * its own, unless it is in SHARED. All others share one with their folder, because starting Node and tap costs more than most
 * of them do.
 */
const OWN_PROCESS = [
  "dist/test/accuracy/",
  "dist/test/cli/",
  "dist/test/deploy/",
  "dist/test/device/app/",
  "dist/test/device/inference/",
  "dist/test/device/management/",
  "dist/test/docs/",
  "dist/test/drivers/",
  "dist/test/gateway/",
  "dist/test/guide/",
  "dist/test/story/",
  "dist/test/support/",
  "dist/test/workshop/",
];

/** What shares one process beyond its folder, by the beginnings of paths. */
const SHARED: readonly (readonly string[])[] = [
  ["deploy/balena.", "deploy/compose.", "deploy/dockerfile.", "deploy/gateway.", "deploy/telemetry."],
  ["cli/console/arguments.", "cli/console/files.", "cli/console/table.", "cli/fleet/", "cli/rollout/"],
  [
    "device/app/",
    "device/management/command-handler.",
    "device/management/device-keys.",
    "device/management/diagnostics.",
    "device/management/provisioned.",
    "device/management/renew.",
    "device/management/settings/",
    "device/management/update-lock.",
    "device/packs/",
    "device/settings/",
    "device/verification/",
  ],
  ["device/inference/reference-", "device/inference/reusable-buffer."],
  [
    "docs/architecture.",
    "docs/contract.",
    "docs/health.",
    "docs/lists.",
    "docs/log.",
    "docs/repository.",
    "docs/words.",
  ],
  // Not gateway/http/aim: its stream may not be silent for nine seconds, which thirteen files in one process are under load.
  [
    "gateway/archive/",
    "gateway/database/",
    "gateway/http/client.",
    "gateway/http/pages.",
    "gateway/http/security.",
    "gateway/http/server.",
    "gateway/ingest/",
    "gateway/register/",
  ],
  ["gateway/webhooks/"],
  ["guide/"],
  ["models/detection/", "models/embedding/", "models/imaging/", "models/onnx/", "models/pack/", "models/quality/"],
  ["protocol/common/", "protocol/encoding/", "protocol/identity/", "protocol/messages/", "protocol/readers/"],
].map((group) => group.map((start) => `dist/test/${start}`));

/**
 * What takes longest: whole devices that are killed or played films, attacks and faults again and again, and programs that are
 * packed, installed, compiled or measured. It has a command of its own, which CI calls before `npm test`.
 */
const LONG = [
  "accuracy/accuracy.",
  "carrier/tarball.",
  "deploy/dashboard.",
  "device/storage/store.",
  "docs/returns.",
  "guide/element.",
  "story/camera-faults.",
  "story/gateway-kill.",
  "story/hostile-broker.",
  "story/kill.",
  "story/pack-kill.",
  "story/packs.",
  "story/receipts.",
  "story/spoof-lock.",
  "story/still-picture.",
  "story/stop.",
  "story/stop-trying-packs.",
  "story/unusable-references.",
  "workshop/bench/bench.",
  "workshop/evaluate/evaluate.",
  "workshop/evaluate/films/films.",
  "workshop/quantise/quantise.",
].map((name) => `dist/test/${name}`);

/** The tests of `npm test`, or those of `npm run long-tests`. */
export type Kind = "everyday" | "long";

function kindOf(path: string): Kind {
  return LONG.some((start) => path.startsWith(start)) ? "long" : "everyday";
}

/** The test files of one process, as absolute paths. */
export type TestFiles = readonly [string, ...string[]];

/** Puts files that may share a process into one group, in the order of their first ones. Takes absolute paths. */
export function groupFiles(files: readonly string[]): readonly TestFiles[] {
  const groups = new Map<string, TestFiles>();
  for (const file of files) {
    const key = processOf(file);
    const known = groups.get(key);
    groups.set(key, known ? [...known, file] : [file]);
  }
  return [...groups.values()];
}

/** Files with the same name of a process share it. */
function processOf(file: string): string {
  const startsIn = (start: string) => file.startsWith(join(PACKAGE_FOLDER, start));
  if (LONG.some(startsIn)) return file;
  const shared = SHARED.find((starts) => starts.some(startsIn));
  if (shared) return shared.join();
  return isTimed(file) || OWN_PROCESS.some(startsIn) ? file : dirname(file);
}

/**
 * The compiled test files to run, as absolute paths, in the order in which to begin them.
 * @param wanted paths from the root, in which `*` stands for any name and `**` for any folders; none means all of the kind
 * @throws Error when one of them names no test file
 */
export function chooseFiles(wanted: readonly string[], kind: Kind = "everyday"): readonly string[] {
  const all = filesBelow("dist/test").filter((path) => path.endsWith(".test.js"));
  const chosen =
    wanted.length === 0
      ? all.filter((path) => kindOf(path) === kind)
      : wanted.flatMap((pattern) => matching(all, pattern));
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
