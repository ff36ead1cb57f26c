import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";

/**
 * Makes a command that is asked to stop end whatever it has started: brokers and databases, and what those have started, also
 * in process groups of their own. Linux only. Folders in the system's temporary folder stay.
 */
export function endWithChildren(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      for (const pid of descendantsOf(process.pid)) end(pid);
      process.exit(128 + constants.signals[signal]);
    });
  }
}

function descendantsOf(parent: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const of = parentOf(pid);
    children.set(of, [...(children.get(of) ?? []), Number(pid)]);
  }
  const below = (pid: number): readonly number[] => (children.get(pid) ?? []).flatMap((one) => [one, ...below(one)]);
  return below(parent);
}

/** 0 for a process that has ended meanwhile. */
function parentOf(pid: string): number {
  try {
    // The name before it stands in brackets, and may have any characters.
    return Number(/^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended already.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
