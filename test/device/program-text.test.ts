import { readFile } from "node:fs/promises";
import { Writable } from "node:stream";
import t from "tap";
import { openLog } from "../../device/log.ts";
import { unmapStartText } from "../../device/program-text.ts";

async function residentTextKilobytes(): Promise<number> {
  return Number(/RssFile:\s+(\d+) kB/.exec(await readFile("/proc/self/status", "utf8"))?.[1]);
}

t.test("what the start has used leaves the memory, and nobody is told", async (t) => {
  const told: string[] = [];
  const log = openLog("debug", "d", new Writable({ write: (chunk, _, done) => done(void told.push(String(chunk))) }));
  const before = await residentTextKilobytes();
  unmapStartText(log);
  const after = await residentTextKilobytes();
  t.ok(after < before / 2, `${before} kB, then ${after} kB`);
  t.same(told, []);
});
