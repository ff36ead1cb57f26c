import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../../protocol/encoding/tokens.ts";
import { until } from "../../support/until.ts";

const { d: _, ...CARRIER } = await generatePrivateJwk("signing");

/** A service in a process of its own, and what it logs and shows. */
function start(t: Test, environment: Readonly<Record<string, string>>) {
  const program = join(PACKAGE_FOLDER, "dist", "test", "support", "showing-device.js");
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env["PATH"],
      MATCHLIGHT_BROKER_URL: "mqtt://127.0.0.1:9",
      MATCHLIGHT_DEVICE_ID: "counter-7",
      MATCHLIGHT_CARRIER_KEY: JSON.stringify(CARRIER),
      MATCHLIGHT_CAMERA: "film:/none",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => child.kill("SIGKILL"));
  let printed = "";
  child.stdout.on("data", (part: Buffer) => {
    printed += part;
  });
  return {
    shows: (state: string) => until(() => printed.trimEnd().split("\n").includes(`light shows ${state}`)),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      return (await ended)[0];
    },
  };
}

t.test("a start that fails shows that the device needs attention, before the process ends", async (t) => {
  const device = start(t, {
    MATCHLIGHT_DATA_DIR: join(t.testdir({}), "data"),
    MATCHLIGHT_CARRIER_KEY: "/none/carrier.jwk",
  });
  t.ok(await device.shows("faulty"));
  t.equal(await device.stop(), 1);
});

t.test("so does one that waits for its data folder, until that can be used", async (t) => {
  const data = t.testdir({ ledger: {} });
  const journal = join(data, "ledger", "one.journal");
  // Nobody can read a link to itself, not even root.
  await symlink(journal, journal);
  const device = start(t, { MATCHLIGHT_DATA_DIR: data });
  t.ok(await device.shows("faulty"));
  await rm(journal);
  t.ok(await device.shows("offline"));
  t.equal(await device.stop(), 0);
});
