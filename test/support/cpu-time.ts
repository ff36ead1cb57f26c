import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** The processor time that a process has used, in milliseconds. */
export async function cpuMsOf(pid: number): Promise<number> {
  return processorMs(await readFile(`/proc/${pid}/stat`, "utf8")).own;
}

/**
 * A meter that gives, each time that it is read, the processor time in milliseconds of the children of this process that have
 * ended since it was read before, with all that those waited for. To be read in the listener of a child's `exit`.
 */
export function childrenCpuMeter(): () => number {
  const counted = () => processorMs(readFileSync("/proc/self/stat", "utf8")).children;
  let before = counted();
  return () => {
    const now = counted();
    const since = now - before;
    before = now;
    return since;
  };
}

/** What a `stat` of the kernel counts, which it does in hundredths of a second. */
function processorMs(stat: string): { readonly own: number; readonly children: number } {
  // Behind the name, which may have spaces: user and system time, the twelfth and thirteenth field, then the children's.
  const [user = 0, system = 0, childrensUser = 0, childrensSystem = 0] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 15)
    .map(Number);
  return { own: (user + system) * 10, children: (childrensUser + childrensSystem) * 10 };
}
