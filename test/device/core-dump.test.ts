import t from "tap";
import { forbidCoreDumps } from "../../device/core-dump.ts";
import { openLog } from "../../device/log.ts";

t.test("where it cannot be done, the log says so and all goes on", async (t) => {
  const told: string[] = [];
  const log = openLog("info", "device", { write: (line) => void told.push(line) });
  forbidCoreDumps(log, () => {
    throw new Error("EPERM");
  });
  t.match(
    told.map((line) => JSON.parse(line)),
    [{ level: 40, event: "core_dumps_possible", reason: "Error: EPERM" }],
  );
});
