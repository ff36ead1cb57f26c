import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { FAULTS } from "../../device/faults.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { HEALTH_RULES } from "../../device/status/health-rules.ts";
import { freePort } from "../support/broker.ts";
// The runbook's pictures and films are fetched once, before anything is measured by the clock.
import "../support/media.ts";
import { filesBelow, readText, tableRows } from "../support/sources.ts";

const run = promisify(execFile);
const page = readText("deploy/README.md");
const CLI = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");

/** It starts some twenty processes one after the other, a minute and more: `npm run runbook`. */
const skip = process.env["MATCHLIGHT_TEST_RUNBOOK"] ? false : "npm run runbook";

t.test("every block that says so runs as it stands, in order, on one machine", { skip }, async (t) => {
  const blocks = [...page.matchAll(/^```sh trial\n([\s\S]*?)^```/gm)].map(([, text = ""]) => text);
  t.ok(blocks.length >= 8, `${blocks.length} blocks`);
  const port = await freePort();
  const script = `set -euo pipefail\nCAMERA=\ntrap 'kill $FLEET $CAMERA' ERR\n${blocks.join("")}`
    .replaceAll("/tmp/matchlight-trial", join(t.testdir({}), "trial"))
    .replaceAll("18883", String(port))
    .replaceAll("18884", String(port + 1))
    .replaceAll("18885", String(port + 2))
    .replaceAll("18886", String(port + 3));
  const { stdout } = await run("bash", ["-c", script], { cwd: PACKAGE_FOLDER, timeout: 350_000 });
  for (const seen of [
    "registered",
    "match",
    "0.0001",
    "command",
    "release",
    "identity.json",
    "Registered counter-4",
    "Registered counter-5",
    "Renewing the certificates",
  ]) {
    t.match(stdout, seen);
  }
});

t.test("every command of matchlight that a page names is there", async (t) => {
  const pages = ["README.md", "deploy/README.md", ...filesBelow("docs").filter((path) => path.endsWith(".md"))];
  const named = pages.flatMap((path) =>
    [...readText(path).matchAll(/(?:^|`)matchlight ([a-z-]+)(?: ([a-z]+))?/gm)].map(([, one = "", two = ""]) => [
      one,
      two,
    ]),
  );
  const { stdout } = await run(process.execPath, [CLI, "--help"]);
  const groups = ["pack", "config", "carrier", "identity", "audit"];
  const help = new Map<string, string>();
  for (const group of groups) help.set(group, (await run(process.execPath, [CLI, group, "--help"])).stdout);
  for (const [one = "", two = ""] of named) {
    t.match(stdout, new RegExp(`^  ${one}\\b`, "m"), one);
    if (groups.includes(one) && two) t.match(help.get(one), new RegExp(`^  ${two}\\b`, "m"), `${one} ${two}`);
  }
});

t.test("the runbook says what to do for every fault and every code of health", async (t) => {
  const section = page.split("## What a code means")[1]?.split("\n## ")[0] ?? "";
  const said = tableRows(section).flatMap(([codes = ""]) => [...codes.matchAll(/`([^`]+)`/g)].map(([, code]) => code));
  t.same(said.sort(), [...Object.keys(FAULTS), ...Object.keys(HEALTH_RULES)].sort());
});
