import t from "tap";
import { openLog } from "../../device/log.ts";
import { leaveNoTraces } from "../../device/traces.ts";

/** What is logged where the system grants a limit, or nothing at all, and has a core pattern. */
function loggedWith(limit: 0 | 1 | Error, pattern = "core") {
  const told: string[] = [];
  const log = openLog("info", "device", { write: (line) => void told.push(line) });
  const grant = () => {
    if (limit instanceof Error) throw limit;
    return limit;
  };
  leaveNoTraces(log, {
    addon: () => ({ forbidDumps: grant, overwriteFreed: () => void grant() }),
    corePattern: () => pattern,
  });
  return told.map((line) => JSON.parse(line));
}

t.test("a limit of 0 keeps no collector of dumps away, and the log says so where there is one", async (t) => {
  const possible = [{ event: "core_dumps_possible", reason: /core_pattern names: make it 1/ }];
  t.match(loggedWith(0, "|/usr/share/collect %p"), possible);
  t.match(loggedWith(0, "@/run/collect.socket"), possible);
  t.same(loggedWith(0, "core"), []);
  t.same(loggedWith(1, "|/usr/share/collect %p"), []);
});

t.test("what cannot be done is logged, and all goes on", async (t) => {
  t.match(loggedWith(new Error("EPERM")), [
    { level: 40, event: "core_dumps_possible", reason: "Error: EPERM" },
    { level: 40, event: "freed_memory_stays", reason: "Error: EPERM" },
  ]);
});
