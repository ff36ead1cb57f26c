import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import type { Finding } from "../../device/doctor/finding.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { startTestBroker } from "../support/broker.ts";
import { media } from "../support/media.ts";

const BY_NPM = ["npm", "run", "-s", "doctor", "--"];
const BY_NODE = [process.execPath, join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js"), "doctor"];

/** The doctor, called in one of these ways: what it found, and its exit code. */
async function visit(more: Record<string, string>, [program = "", ...args] = BY_NODE) {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...more };
  const child = promisify(execFile)(program, [...args, "--json"], { cwd: PACKAGE_FOLDER, env });
  const { stdout, code = 0 } = (await child.catch((error: { stdout: string; code: number }) => error)) as {
    stdout: string;
    code?: number;
  };
  const findings: Finding[] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { code, findings, of: (check: string) => findings.find((finding) => finding.check === check) };
}

t.test("a machine with nothing: said plainly, with the next step for each", async (t) => {
  if (existsSync("/dev/video0") || existsSync("/dev/gpiochip0")) return t.comment("this machine has a camera or GPIO");
  const { code, findings, of } = await visit({ MATCHLIGHT_DATA_DIR: join(t.testdir({}), "data") }, BY_NPM);
  t.equal(code, 2);
  t.match(of("cameras"), { level: "warn", found: /no camera/, next: /Plug/ });
  t.match(of("camera in use"), { level: "fail", found: /no camera was found/, next: /plug/ });
  t.match(of("GPIO"), { level: "warn", found: /no GPIO chip/, next: /MATCHLIGHT_LIGHT=text/ });
  t.match(of("broker"), { level: "fail", found: /no broker is configured/, next: /MATCHLIGHT_BROKER_URL/ });
  t.match(of("keys"), { level: "warn", next: /first start/ });
  t.match(of("provisioning"), { level: "fail", found: /MATCHLIGHT_BROKER_URL must be set/, next: /stays up/ });
  for (const { level, next, check } of findings) if (level !== "ok") t.ok(next.length > 0, `${check}: a next step`);
});

t.test("a machine that is in order", async (t) => {
  await using broker = await startTestBroker();
  const { of } = await visit({
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: "doctor-test",
    MATCHLIGHT_CARRIER_KEY: "{}",
    MATCHLIGHT_CAMERA: `film:${media.path("nobody.mjpeg")}`,
    MATCHLIGHT_DATA_DIR: join(t.testdir({}), "data"),
  });
  t.match(of("camera in use"), { level: "ok", found: /measured 1\d\.\d frames\/s, 0 lost, 0 damaged/ });
  t.match(of("light"), { level: "ok", found: /text showed white, green, amber, red/ });
  t.match(of("view"), { level: "warn", found: /nobody in view/, next: /Stand where customers stand/ });
  t.match(of("model pack"), { level: "ok", found: /loaded in \d+ ms; ms a run: detect/ });
  t.match(of("broker"), { level: "ok", found: /answers/ });
  t.match(of("disk"), { level: "ok" });
});

t.test("a broker that is not there is named", async (t) => {
  const { of } = await visit({
    MATCHLIGHT_BROKER_URL: "mqtt://127.0.0.1:9",
    MATCHLIGHT_CAMERA: "film:/no/such/film",
    MATCHLIGHT_BOOTSTRAP: "{}",
  });
  t.match(of("provisioning"), { level: "fail", found: /MATCHLIGHT_CARRIER_KEY/, next: /fleet approve/ });
  t.match(of("broker"), { level: "fail", found: /127.0.0.1:9 cannot be reached/, next: /Check the network/ });
  t.match(of("camera in use"), { level: "fail", found: /there is no film/ });
});
