import { execFile, spawnSync } from "node:child_process";
import { cpSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { SETTINGS } from "../../device/settings/settings.ts";
import { readText } from "../support/sources.ts";

const run = promisify(execFile);
const FOLDER = join(PACKAGE_FOLDER, "deploy", "systemd");
const UNITS = ["matchlight.service", "matchlight-health.service", "matchlight-health.timer"];
const SCRIPTS = [
  "deploy/run.sh",
  "deploy/systemd/install.sh",
  "deploy/systemd/matchlight.sh",
  "deploy/image/matchlight.sh",
  "deploy/broker/make-test-ca.sh",
  ".ci/run",
];

/** Debian's packages `systemd` and `shellcheck` bring these; .ci/run installs them. */
function missing(program: string): string | false {
  return spawnSync(program, ["--version"]).error
    ? `${program} is not installed: apt-get install systemd shellcheck`
    : false;
}

/** What a program says of a file, and its exit code. */
async function ask(program: string, ...args: readonly string[]) {
  const child = run(program, [...args]);
  const { stdout, stderr } = await child.catch((error: { stdout: string; stderr: string }) => error);
  return { code: child.child.exitCode, said: `${stdout}${stderr}` };
}

t.test("systemd understands every line of the units", { skip: missing("systemd-analyze") }, async (t) => {
  const units = UNITS.map((name) => join(FOLDER, name));
  t.same(await ask("systemd-analyze", "verify", "--man=no", ...units), { code: 0, said: "" });
  const spoilt = join(t.testdir({}), "matchlight.service");
  cpSync(join(FOLDER, "matchlight.service"), spoilt);
  writeFileSync(spoilt, "\n[Service]\nRestartt=always\n", { flag: "a" });
  t.match((await ask("systemd-analyze", "verify", "--man=no", spoilt)).said, /Restartt/, "a misspelt one is noticed");
});

t.test("the service may do little besides", { skip: missing("systemd-analyze") }, async (t) => {
  const unit = join(FOLDER, "matchlight.service");
  // systemd's own measure, 0 to 100: 20 is where it begins to call a service well protected.
  const { code, said } = await ask(
    "systemd-analyze",
    "security",
    "--offline=true",
    "--threshold=20",
    "--no-pager",
    unit,
  );
  t.equal(code, 0, said);
});

t.test("scripts are sound", { skip: missing("shellcheck") }, async (t) => {
  for (const script of SCRIPTS)
    t.same(await ask("shellcheck", join(PACKAGE_FOLDER, script)), { code: 0, said: "" }, script);
});

t.test("units and the example of settings name settings that there are", async (t) => {
  const known = new Set<string>(Object.values(SETTINGS).map(({ variable }) => variable));
  for (const name of [...UNITS, "matchlight.env"]) {
    for (const [variable] of readText(`deploy/systemd/${name}`).matchAll(/MATCHLIGHT_\w+/g))
      t.ok(known.has(variable), variable);
  }
  const must = Object.values(SETTINGS).filter((setting) => !("standard" in setting));
  for (const { variable } of must) t.match(readText("deploy/systemd/matchlight.env"), variable);
});

t.test("the service gets the time it was promised, and room for no core dump", async (t) => {
  const unit = readText("deploy/systemd/matchlight.service");
  t.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > 5);
  for (const line of ["Restart=always", "LimitCORE=1", "NoNewPrivileges=yes", "User=matchlight"])
    t.match(unit, `\n${line}\n`);
});

t.test("installing says what it would do, and switches releases in one step", async (t) => {
  const { code, said } = await ask(join(FOLDER, "install.sh"), "--dry-run");
  t.equal(code, 0, said);
  const lines = said.split("\n");
  const place = (step: RegExp) => lines.findIndex((line) => step.test(line));
  t.ok(place(/npm .* ci --omit=dev/) > 0, "what the service needs is installed");
  t.ok(place(/npm .* ci --omit=dev/) < place(/^mv -T \/opt\/matchlight\/.current/), "it is whole before it is used");
  t.ok(place(/npm .* ci --omit=dev/) < place(/^sync -f \/opt\/matchlight$/), "and on the disk");
  t.ok(place(/^sync -f/) < place(/^mv -T/));
  t.ok(place(/^mv -T/) < place(/^systemctl restart/));
  for (const unit of UNITS) t.ok(place(new RegExp(`install -m 0644 deploy/systemd/${unit}`)) > 0, unit);
  t.ok(place(/^install -m 0755 deploy\/systemd\/matchlight.sh \/usr\/local\/bin\/matchlight$/) > 0, "the command");
  t.equal(said.includes("/var/lib/matchlight/"), false, "keys and reports are not touched");
  t.match(
    (await ask(join(FOLDER, "install.sh"), "--rollback", "--dry-run")).said,
    /mv -T \/opt\/matchlight\/.current (.|\n)*mv -T \/opt\/matchlight\/.previous /,
    "a power cut in between has taken the bad release out of use",
  );
  t.equal((await ask(join(FOLDER, "install.sh"), "--instal")).code, 2);
  t.match((await ask(join(FOLDER, "install.sh"), "--help")).said, /roll/);
});

t.test("two releases are kept: the new one and the one before", async (t) => {
  const old = ["0.1.0-20250101000000", "0.1.0-20250301000000", "0.1.0-20250201000000"];
  const releases = t.testdir({ ...Object.fromEntries(old.map((name) => [name, { file: "" }])), mine: {} });
  symlinkSync(old[2] ?? "", join(releases, "current"));
  symlinkSync(old[1] ?? "", join(releases, "previous"));
  const environment = { ...process.env, RELEASES_DIR: releases };
  const install = (...how: readonly string[]) =>
    run(join(FOLDER, "install.sh"), ["--dry-run", ...how], { env: environment }).then(({ stdout }) => stdout);
  const removals = (said: string) => said.split("\n").filter((line) => /^rm -rf .*-\d{14}$/.test(line));
  const said = await install();
  const gone = removals(said);
  t.ok(said.indexOf("systemctl restart") < said.indexOf(gone[0] ?? "none"), "not before the new one was started");
  await run("bash", ["-euc", gone.join("\n")]);
  t.same(readdirSync(releases), [old[2], "current", "mine", "previous"], "by what runs, not by its date");
  const back = await install("--rollback");
  t.same(removals(back), [], "going back removes nothing");
  for (const unit of UNITS)
    t.match(back, `install -m 0644 ${releases}/${old[1]}/deploy/systemd/${unit}`, "its own units");
});

t.test(
  "the runbook makes keys by the command that runs as the service's user, where the service looks for them",
  async (t) => {
    const page = readText("deploy/BY-HAND.md");
    t.match(page, /^sudo matchlight provision /m);
    t.notMatch(page, /^sudo .*matchlight\.js/m, "root would own what the program makes");
    for (const [line] of page.matchAll(/^sudo matchlight .*$/gm))
      t.notMatch(line, /--data/, "the unit names the folder");
  },
);
