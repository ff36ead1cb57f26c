import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { media } from "../support/media.ts";

const folder = t.testdir({ service: {}, other: {} });

/** A process that may dump as much as it likes, in a folder of its own. */
function spawnDumping(cwd: string, command: readonly string[], environment = {}) {
  const script = 'ulimit -c "$(ulimit -H -c)"; exec "$@"';
  const env = { PATH: process.env["PATH"], ...environment };
  return spawn("/bin/sh", ["-c", script, "sh", ...command], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
}

/** The soft and the hard limit of a process. */
async function coreLimit(pid: number | undefined): Promise<string> {
  const limits = await readFile(`/proc/${pid}/limits`, "utf8");
  const [, soft, hard] = /^Max core file size +(\w+) +(\w+)/m.exec(limits) ?? [];
  return `${soft} ${hard}`;
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
  const program = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");
  const cwd = join(folder, "service");
  const service = spawnDumping(cwd, [process.execPath, program, "start"], {
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: "crashing",
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(carrier),
    MATCHLIGHT_CAMERA: `film:${media.path("nobody.mjpeg")}`,
    MATCHLIGHT_DATA_DIR: join(folder, "data"),
  });
  for await (const line of createInterface({ input: service.stdout })) if (line.includes('"broker_connected"')) break;
  const filter = await readFile(`/proc/${service.pid}/coredump_filter`, "utf8");
  t.equal(Number.parseInt(filter, 16), 0, "no memory is in a dump");
  const limit = await coreLimit(service.pid);
  if (limit !== "0 0") t.equal(limit, "1 1", "the limit that programs heed, too");
  else t.comment("this machine allows no core files to anybody");
  t.equal(await crash(service), "SIGSEGV");
  t.same(await coresIn(cwd), []);
});

t.test("another process does, in the same surroundings", async (t) => {
  const cwd = join(folder, "other");
  const other = spawnDumping(cwd, [process.execPath, "-e", 'console.log("up"); setInterval(() => {}, 1000)']);
  await once(other.stdout, "data");
  const unlimited = (await coreLimit(other.pid)) === "unlimited unlimited";
  const pattern = await readFile("/proc/sys/kernel/core_pattern", "utf8").catch(() => "unknown");
  t.equal(await crash(other), "SIGSEGV");
  if (unlimited && pattern.trim() === "core") t.not((await coresIn(cwd)).length, 0);
  else t.comment("this machine makes no core files in the current folder: only the limit was looked at");
});
