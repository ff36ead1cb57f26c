import t from "tap";

/**
 * Runs several test files in one process: `MATCHLIGHT_TEST_FILES` has their absolute paths, one a line. With the first teardown
 * tap ends as soon as nothing is to be done, which it would also be while the next file is still loading: its tests would
 * be lost, and what it needs be closed. So teardowns are registered when all files are loaded.
 */
const { teardown } = t;
const registered: Parameters<typeof teardown>[] = [];
t.teardown = (...given) => {
  registered.push(given);
};
for (const file of (process.env["MATCHLIGHT_TEST_FILES"] ?? "").split("\n")) await import(file);
t.teardown = teardown;
for (const given of registered) t.teardown(...given);
