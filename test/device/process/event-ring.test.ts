import t from "tap";
import { openEventRing } from "../../../device/process/event-ring.ts";
import { openLog } from "../../../device/process/log.ts";

t.test("only codes are kept, the last ones, and repeats that follow each other are one", async (t) => {
  const ring = openEventRing(3);
  for (const event of ["starting", "unsent", "unsent", "A Person", 7, "started", "stopped"]) {
    ring.add({ event, jti: "secret", reason: "secret" }, "info", 5_000);
  }
  ring.add("text", "info", 0);
  ring.add(undefined, "info", 0);
  t.same(ring.recent(), [
    { event: "unsent", level: "info", at: 5, times: 2 },
    { event: "started", level: "info", at: 5, times: 1 },
    { event: "stopped", level: "info", at: 5, times: 1 },
  ]);
});

t.test("the log remembers what it has written", async (t) => {
  const lines: string[] = [];
  const log = openLog("info", "camera", { write: (line: string) => void lines.push(line) });
  log.warn({ event: "broker_unreachable", reason: "no route" });
  log.debug({ event: "unsent" });
  t.match(lines, [/broker_unreachable.*no route/]);
  t.match(log.recent?.(), [{ event: "broker_unreachable", level: "warn", times: 1 }]);
  t.equal(log.recent?.().length, 1);
});
