import { dirname, join, relative } from "node:path";
import t from "tap";

/**
 * Runs several test files in one process: `MATCHLIGHT_TEST_FILES` has their absolute paths, one a line. With the first teardown
 * tap ends as soon as nothing is to be done, which it would also be while the next file is still loading: its tests would
 * be lost, and what it needs be closed. So teardowns are registered when all files are loaded.
 *
 * tap names the folder of a test by the script of the process, which is this one for every group that runs: each file has
 * a name of its own instead, or one file's folder is removed by another.
 */
const { teardown } = t;
const registered: Parameters<typeof teardown>[] = [];
t.teardown = (...given) => {
  registered.push(given);
};
const fixtures = dirname(t.testdirName);
for (const file of (process.env["MATCHLIGHT_TEST_FILES"] ?? "").split("\n")) {
  t.testdirName = join(fixtures, `${relative(process.cwd(), file).replaceAll(/[^\w.-]+/g, "-")}-${process.pid}`);
  await import(file);
}
t.teardown = teardown;
for (const given of registered) t.teardown(...given);
