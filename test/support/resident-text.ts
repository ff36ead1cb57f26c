import { readFile } from "node:fs/promises";

/** File pages that a process has in memory, kB: text and constants, where it maps no other files. */
export async function residentTextKilobytes(pid: number | "self" = "self"): Promise<number> {
  const kilobytes = Number(/RssFile:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);
  if (Number.isNaN(kilobytes)) throw new Error(`process ${pid} does not tell its memory`);
  return kilobytes;
}
