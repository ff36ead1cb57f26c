import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { readText } from "./sources.ts";

const MODULE = new URL("./end-with-children.js", import.meta.url).href;
/** Starts a program, and a shell in a process group of its own that starts another, and prints their numbers. */
const COMMAND = `
import { spawn } from "node:child_process";
import { endWithChildren } from "${MODULE}";
endWithChildren();
console.log(spawn("sleep", ["300"], { stdio: "ignore" }).pid);
const shell = spawn("sh", ["-c", "sleep 300 & echo $!; wait"], { detached: true, stdio: ["ignore", "inherit", "ignore"] });
console.log(shell.pid);
`;

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  t.test(`a command that gets ${signal} leaves nothing running`, async (t) => {
    const command = spawn(process.execPath, ["--input-type=module", "-e", COMMAND], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pids: number[] = [];
    for await (const line of createInterface({ input: command.stdout })) if (pids.push(Number(line)) === 3) break;
    t.ok(pids.every(isRunning), "all run");
    command.kill(signal);
    t.same(await once(command, "exit"), [code, null]);
    for (let tries = 0; tries < 100 && pids.some(isRunning); tries++) await sleep(20);
    t.same(pids.filter(isRunning), []);
  });
}

/** One that has ended, and that nobody has asked about, does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

t.test("every command that starts brokers and databases does so", async (t) => {
  for (const command of ["brokers", "receipts", "gateway-restarts", "gateway-start", "gateway-speed"])
    t.match(readText(`test/tools/${command}.ts`), /^endWithChildren\(\);$/m, command);
});
