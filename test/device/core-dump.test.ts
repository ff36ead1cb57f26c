import t from "tap";
import { forbidCoreDumps } from "../../device/core-dump.ts";
import { openLog } from "../../device/log.ts";

function listening() {
  const told: string[] = [];
  const log = openLog("info", "device", { write: (line) => void told.push(line) });
  return { log, told: () => told.map((line) => JSON.parse(line)) };
}

t.test("a limit of 0 keeps no collector of dumps away, and the log says so where there is one", async (t) => {
  for (const [limit, pattern, possible] of [
    [0, "|/usr/share/collect %p", true],
    [0, "@/run/collect.socket", true],
    [0, "core", false],
    [1, "|/usr/share/collect %p", false],
  ] as const) {
    const { log, told } = listening();
    forbidCoreDumps(
      log,
      () => limit,
      () => pattern,
    );
    t.match(told(), possible ? [{ event: "core_dumps_possible", reason: /core_pattern names: make it 1/ }] : []);
    t.equal(told().length, possible ? 1 : 0, `${limit} and ${pattern}`);
  }
});

t.test("where it cannot be done, the log says so and all goes on", async (t) => {
  const { log, told } = listening();
  forbidCoreDumps(log, () => {
    throw new Error("EPERM");
  });
  t.match(told(), [{ level: 40, event: "core_dumps_possible", reason: "Error: EPERM" }]);
});
