import t from "tap";
import { hardenProcess } from "../../../device/process/hardening.ts";
import { openLog } from "../../../device/process/log.ts";

/** What is logged, and what a dump may hold, where the system grants all, or nothing. */
function askSystem(grant: () => void) {
  const told: string[] = [];
  const filters: string[] = [];
  const log = openLog("info", "device", { write: (line) => void told.push(line) });
  hardenProcess(log, {
    addon: () => ({ forbidDumps: grant, overwriteFreed: grant }),
    filterDumps: (kinds) => void filters.push(kinds),
  });
  return { logged: told.map((line) => JSON.parse(line)), filters };
}

t.test("a dump may hold no kind of memory, and nobody is told", async (t) => {
  t.same(
    askSystem(() => undefined),
    { logged: [], filters: ["0"] },
  );
});

t.test("what cannot be done is logged, and all goes on", async (t) => {
  const { logged } = askSystem(() => {
    throw new Error("EPERM");
  });
  t.match(logged, [
    { level: 40, event: "core_dumps_possible", reason: "Error: EPERM" },
    { level: 40, event: "freed_memory_stays", reason: "Error: EPERM" },
  ]);
});
