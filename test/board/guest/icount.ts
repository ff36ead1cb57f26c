import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GUEST } from "./shop.ts";

/** Counts the stages in a process with the settings of `npm start`: what it saves in memory has its price here. */
const { scripts } = JSON.parse(await readFile(join(GUEST, "package.json"), "utf8")) as { scripts: { start: string } };
const stages = `dist/test/board/guest/stages.js ${process.argv[2] ?? "fp32"}`;
const command = scripts.start.replace("dist/cli/matchlight.js start", stages);
if (!command.endsWith(stages)) throw new Error(`npm start is not what it was: ${scripts.start}`);
const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
const { status } = spawnSync("/bin/sh", ["-c", command], {
  cwd: GUEST,
  env: { ...process.env, PATH: path },
  stdio: "inherit",
});
process.exit(status ?? 1);
