/** Runs several test files in one process: `MATCHLIGHT_TEST_FILES` has their absolute paths, one a line. */
for (const file of (process.env["MATCHLIGHT_TEST_FILES"] ?? "").split("\n")) await import(file);
