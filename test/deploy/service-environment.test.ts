import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { numberOf, readEnvironmentFile, readUnit } from "../../deploy/systemd/service-environment.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { readText } from "../support/sources.ts";

t.test("the command knows what the unit gives its service", async (t) => {
  const unit = readUnit(readText("deploy/systemd/matchlight.service"));
  t.match(unit, {
    user: "matchlight",
    groups: ["video", "gpio"],
    environment: {
      MATCHLIGHT_DATA_DIR: "/var/lib/matchlight",
      MATCHLIGHT_HEALTH_SOCKET: "/run/matchlight/health.sock",
    },
    environmentFiles: ["/etc/matchlight/matchlight.env"],
  });
  t.throws(() => readUnit("[Service]\n"), /no user/);
});

t.test("an environment file is read as systemd reads it", async (t) => {
  const text = `# comment\n; comment\nA=1\n B = no\nC="two words"\nD='$ "x" \\n'\nE=one \\\ntwo\nF="say \\"x\\""\nG=\nnot a line\n`;
  t.same(readEnvironmentFile(text), {
    A: "1",
    C: "two words",
    D: '$ "x" \\n',
    E: "one two",
    F: 'say "x"',
    G: "",
  });
});

t.test("users and groups are found by their name", async (t) => {
  t.equal(numberOf("matchlight", "root:x:0:0\nmatchlight:x:998:997::/:/bin/false\n"), 998);
  t.equal(numberOf("match", "matchlight:x:998:997\n"), undefined);
});

/** A release whose unit names a user and a file of this machine. */
function release(settings: string): string {
  const folder = t.testdir({});
  const [file, systemd] = [join(folder, "matchlight.env"), join(folder, "release", "deploy", "systemd")];
  mkdirSync(systemd, { recursive: true });
  writeFileSync(file, settings);
  writeFileSync(
    join(systemd, "matchlight.service"),
    `[Service]\nUser=root\nEnvironment=LANG=C\nEnvironmentFile=${file}\n`,
  );
  cpSync(join(PACKAGE_FOLDER, "dist"), join(folder, "release", "dist"), {
    recursive: true,
    filter: (path) => !/dist\/(test|gateway|workshop|guide)|\.(map|d\.ts)$/.test(path),
  });
  cpSync(join(PACKAGE_FOLDER, "package.json"), join(folder, "release", "package.json"));
  symlinkSync(join(PACKAGE_FOLDER, "node_modules"), join(folder, "release", "node_modules"));
  return join(folder, "release", "dist", "deploy", "systemd", "command.js");
}

t.test("at the camera `matchlight` has the service's settings without being told", async (t) => {
  const command = release("MATCHLIGHT_DATA_DIR=/nowhere/data\n");
  const show = (env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [command, "identity", "show"], { env, encoding: "utf8" }).stderr;
  t.match(show(), "/nowhere/data has no keys yet");
  t.match(show({ MATCHLIGHT_DATA_DIR: "/else" }), "/else has no keys yet", "what is said by hand comes first");
});
