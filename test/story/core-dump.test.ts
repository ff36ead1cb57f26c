import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t from "tap";
import { generatePrivateJwk } from "../../device/link/seal.ts";
import { PACKAGE_FOLDER } from "../../device/paths.ts";
import { startTestBroker } from "../support/broker.ts";
import { media } from "../support/media.ts";

const folder = t.testdir({ service: {}, other: {} });

/** A process that may dump as much as it likes, in a folder of its own. */
function spawnDumping(cwd: string, command: readonly string[], environment = {}) {
  const script = 'ulimit -c "$(ulimit -H -c)"; exec "$@"';
  const env = { PATH: process.env["PATH"], ...environment };
  return spawn("/bin/sh", ["-c", script, "sh", ...command], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
}

async function crash(child: ReturnType<typeof spawn>): Promise<unknown> {
  child.kill("SIGSEGV");
  const [, signal] = await once(child, "exit");
  return signal;
}

const coresIn = async (cwd: string) => (await readdir(cwd)).filter((name) => name.startsWith("core"));

t.test("a service that crashes leaves no core dump, whatever its surroundings allow", async (t) => {
  await using broker = await startTestBroker();
  const { d: _, ...carrier } = await generatePrivateJwk("signing");
  const program = join(PACKAGE_FOLDER, "dist", "deploy", "cli", "matchlight.js");
  const cwd = join(folder, "service");
  const service = spawnDumping(cwd, [process.execPath, program, "start"], {
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: "crashing",
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(carrier),
    MATCHLIGHT_CAMERA: `film:${media.path("nobody.mjpeg")}`,
    MATCHLIGHT_DATA_DIR: join(folder, "data"),
  });
  for await (const line of createInterface({ input: service.stdout })) if (line.includes('"broker_connected"')) break;
  t.match(await readFile(`/proc/${service.pid}/limits`, "utf8"), /^Max core file size +[01] +[01] +bytes/m);
  t.equal(await crash(service), "SIGSEGV");
  t.same(await coresIn(cwd), []);
});

t.test("another process does, in the same surroundings", async (t) => {
  const cwd = join(folder, "other");
  const other = spawnDumping(cwd, [process.execPath, "-e", 'console.log("up"); setInterval(() => {}, 1000)']);
  await once(other.stdout, "data");
  const unlimited = /^Max core file size +unlimited/m.test(await readFile(`/proc/${other.pid}/limits`, "utf8"));
  const plain = (await readFile("/proc/sys/kernel/core_pattern", "utf8")).trim() === "core";
  t.equal(await crash(other), "SIGSEGV");
  if (unlimited && plain) t.not((await coresIn(cwd)).length, 0);
  else t.comment("this machine makes no core files in the current folder: only the limit was looked at");
});
