import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import t from "tap";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";

const PROGRAM = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");

function matchlight(...args: readonly string[]) {
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], MATCHLIGHT_DATA_DIR: "/nowhere" };
  return spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
}

t.test("a reader that closes the pipe, as head does, changes neither the work nor the exit code", async (t) => {
  const child = matchlight("doctor", "--json");
  const complaints = text(child.stderr);
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = await once(child, "exit");
  t.notMatch(await complaints, /EPIPE|matchlight:/);
  t.equal(code, 2, "the worst finding, which came after the first");
});

t.test("a command that cannot do its work says why and ends with its documented code", async (t) => {
  for (const [args, expected, message] of [
    [["audit", "verify", "/nowhere"], 3, /ENOENT/],
    [["start", "--check"], 1, /MATCHLIGHT_BROKER_URL/],
    [["health"], 1, /no socket is named/],
    [["carrier", "verify", "--broker", "nosuch"], 3, /mqtt:\/\/ or mqtts:\/\//],
    [["carrier", "verify"], 3, /required option '--broker/],
    [["audit", "nosuch"], 3, /unknown command 'nosuch'/],
    [["wipe", "--data", "/nowhere", "--yes"], 3, /\/nowhere holds nothing that a camera wrote/],
  ] as const) {
    const child = matchlight(...args);
    const complaints = text(child.stderr);
    const [code] = await once(child, "exit");
    t.equal(code, expected, args.join(" "));
    t.match(await complaints, message);
  }
});
