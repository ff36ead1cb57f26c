import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { lockFolder, processName } from "../../../device/management/data-folder-lock.ts";

t.test("a lock that its owner has made and not yet written is left alone", async (t) => {
  const folder = t.testdir({ lock: "" });
  const owner = spawn("sleep", ["60"], { stdio: "ignore" });
  t.teardown(async () => {
    owner.kill();
    await once(owner, "exit");
  });
  await once(owner, "spawn");
  const taken = lockFolder(folder);
  await sleep(100);
  await writeFile(join(folder, "lock"), (await processName(owner.pid ?? 0)) ?? "");
  await t.rejects(taken, { code: "storage_failed", message: /used by another Matchlight/ });
});

t.test("a lock whose owner is gone, and an empty one, are taken over", async (t) => {
  for (const lock of ["4194303 1 some-boot", ""]) {
    const folder = t.testdir({ [`of-${lock.length}`]: { lock } });
    const data = join(folder, `of-${lock.length}`);
    {
      await using _lock = await lockFolder(data);
      t.equal(await readFile(join(data, "lock"), "utf8"), await processName(process.pid));
      t.same(await readdir(data), ["lock"]);
    }
    t.same(await readdir(data), []);
  }
});
