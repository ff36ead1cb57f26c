import { Writable } from "node:stream";
import t from "tap";
import { openLog } from "../../../device/process/log.ts";
import { dropStartText } from "../../../device/process/program-text.ts";
import { residentTextKilobytes } from "../../support/resident-text.ts";

function listening() {
  const told: string[] = [];
  const out = new Writable({ write: (chunk, _, done) => done(void told.push(String(chunk))) });
  return { told, log: openLog("debug", "device", out) };
}

t.test("what the start has used leaves the memory, and nobody is told", async (t) => {
  const { told, log } = listening();
  const before = await residentTextKilobytes();
  dropStartText(log);
  const after = await residentTextKilobytes();
  t.ok(after < before / 2, `${before} kB, then ${after} kB`);
  t.same(told, []);
});

t.test("where it cannot be done, the log says so and all goes on", async (t) => {
  const { told, log } = listening();
  dropStartText(log, () => {
    throw new Error("EINVAL");
  });
  t.match(
    told.map((line) => JSON.parse(line)),
    [{ event: "text_stays_resident", reason: "Error: EINVAL" }],
  );
});
