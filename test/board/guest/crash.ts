import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Suite } from "../../contract/suite.ts";
import type { Shop } from "./shop.ts";

const PATTERN = "/proc/sys/kernel/core_pattern";
const dumpOf = (pid: number) => `/tmp/dump-${pid}`;

/** A program that collects dumps gets the whole memory of what crashes, from whatever limits there are to files. */
export async function leavesNoDump(t: Suite, shop: Shop): Promise<void> {
  const before = await readFile(PATTERN, "utf8");
  await writeFile(PATTERN, "|/bin/busybox dd of=/tmp/dump-%p");
  try {
    const other = spawn("/bin/busybox", ["sleep", "60"], { stdio: "ignore" });
    await crash(other);
    t.ok((await dumpedBytes(other.pid ?? 0)) > 0, "another process is dumped when it crashes");
    process.kill(shop.pid, "SIGSEGV");
    await shop.ended;
    t.equal(await dumpedBytes(shop.pid), 0, "the service is not");
  } finally {
    await writeFile(PATTERN, before);
  }
}

async function crash(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGSEGV");
  await ended;
}

/** The kernel does not wait for the program that it gives a dump to. */
async function dumpedBytes(pid: number): Promise<number> {
  await sleep(2_000);
  const { size } = await stat(dumpOf(pid)).catch(() => ({ size: 0 }));
  return size;
}
