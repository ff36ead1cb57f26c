import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { FAULTS } from "../../device/faults.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { HEALTH_RULES } from "../../device/status/health-rules.ts";
import { freePort } from "../support/broker.ts";
// The runbook's pictures and films are fetched once, before anything is measured by the clock.
import "../support/media.ts";
import { startPostgres } from "../support/postgres.ts";
import { filesBelow, readText, tableRows } from "../support/sources.ts";

const run = promisify(execFile);
const page = readText("deploy/README.md");
const byHand = readText("deploy/BY-HAND.md");
const CLI = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");

/** Ten services and some hundred commands take minutes: `npm run runbook`. */
const skip = process.env["MATCHLIGHT_TEST_RUNBOOK"] ? false : "npm run runbook";

const blocksOf = (text: string) => Array.from(text.matchAll(/^```sh run\n([\s\S]*?)^```/gm), ([, block = ""]) => block);

/** The blocks of a page as one script, which ends with the first command that fails, and with everything that it started. */
function scriptOf(text: string, replaced: Readonly<Record<string, string>>): string {
  const blocks = Object.entries(replaced).reduce(
    (all, [from, to]) => all.replaceAll(from, to),
    blocksOf(text).join(""),
  );
  return `set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\nPATH=$PATH:/usr/sbin\n${blocks}`;
}

/** The first digits of four ports that are free: 1888 for 18883 to 18886. */
async function freeDigits(): Promise<string> {
  for (;;) {
    const digits = Math.floor((await freePort()) / 10);
    const free = await Promise.all([3, 4, 5, 6].map((last) => isFree(digits * 10 + last)));
    if (free.every(Boolean)) return String(digits);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

async function play(script: string, minutes: number): Promise<string> {
  const { stdout } = await run("bash", ["-c", script], {
    cwd: PACKAGE_FOLDER,
    timeout: minutes * 60_000,
    maxBuffer: 64e6,
  }).catch((error: { readonly stdout: string; readonly stderr: string }) => {
    throw new Error(`the runbook stopped:\n${error.stdout.slice(-6_000)}\n${error.stderr.slice(-4_000)}`);
  });
  return stdout;
}

t.test("every block that says so runs as it stands, in order, on one machine", { skip }, async (t) => {
  const postgres = await startPostgres();
  if (!postgres) return void t.pass("PostgreSQL is not installed");
  t.teardown(() => postgres[Symbol.asyncDispose]());
  const script = scriptOf(page, {
    "/tmp/matchlight-fleet": join(t.testdir({}), "fleet"),
    "1888": await freeDigits(),
    "18080": String(await freePort()),
    "127.0.0.1:5432": postgres.url.host,
  });
  const seen = await play(script, 14);
  for (const words of [
    "Registered counter-10",
    "registered",
    '"state":"reported"',
    "8000",
    "rollout ",
    "undone",
    "balena fleet pin",
    "1 report in the backup",
    "4 reports: nothing is missing",
    "Registered counter-11",
  ]) {
    t.match(seen, words);
  }
});

t.test("so does every block for a camera with a shell", { skip }, async (t) => {
  const seen = await play(scriptOf(byHand, { "/tmp/matchlight-hand": join(t.testdir({}), "hand") }), 2);
  for (const words of ["Registered counter-4", "MATCHLIGHT_BROKER_CERT", "identity.json"]) t.match(seen, words);
});

t.test("what was not run says so, before its block", async (t) => {
  for (const text of [page, byHand, readText("deploy/telemetry/README.md")]) {
    for (const { index } of text.matchAll(/^```sh$/gm)) t.match(text.slice(0, index), /not run|not by a test/);
  }
});

t.test("every command of matchlight that a page names is there", async (t) => {
  const pages = [
    "README.md",
    ...[...filesBelow("deploy"), ...filesBelow("docs")].filter((path) => path.endsWith(".md")),
  ];
  const named = pages.flatMap((path) =>
    [...readText(path).matchAll(/(?:^|`)matchlight ([a-z-]+)(?: ([a-z]+))?/gm)].map(([, one = "", two = ""]) => [
      one,
      two,
    ]),
  );
  const { stdout } = await run(process.execPath, [CLI, "--help"]);
  const groups = ["fleet", "pack", "config", "carrier", "identity", "audit"];
  const help = new Map<string, string>();
  for (const group of groups) help.set(group, (await run(process.execPath, [CLI, group, "--help"])).stdout);
  for (const [one = "", two = ""] of named) {
    t.match(stdout, new RegExp(`^  ${one}\\b`, "m"), one);
    if (groups.includes(one) && two) t.match(help.get(one), new RegExp(`^  ${two}\\b`, "m"), `${one} ${two}`);
  }
});

t.test("docs/FAULTS.md says who does what for every fault and every code of health", async (t) => {
  const section = readText("docs/FAULTS.md").split("## Who does what")[1]?.split("\n## ")[0] ?? "";
  const said = tableRows(section).flatMap(([codes = ""]) => [...codes.matchAll(/`([^`]+)`/g)].map(([, code]) => code));
  t.same(said.sort(), [...Object.keys(FAULTS), ...Object.keys(HEALTH_RULES)].sort());
});
