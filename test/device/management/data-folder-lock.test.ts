import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import t, { type Test } from "tap";
import { lockFolder, processName } from "../../../device/management/data-folder-lock.ts";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";

/** Another process that takes the lock of a folder and holds it until it is killed. */
async function otherOwner(t: Test, folder: string) {
  const module = pathToFileURL(join(PACKAGE_FOLDER, "dist/device/management/data-folder-lock.js")).href;
  const program = `
    const { lockFolder } = await import(${JSON.stringify(module)});
    globalThis.lock = await lockFolder(${JSON.stringify(folder)});
    setInterval(() => undefined, 60_000);
    console.log("taken");`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = async () => {
    if (owner.exitCode !== null || owner.signalCode !== null) return;
    const ended = once(owner, "exit");
    owner.kill("SIGKILL");
    await ended;
  };
  t.teardown(kill);
  await once(owner.stdout, "data");
  return { pid: owner.pid ?? 0, kill };
}

t.test("a lock of another process is left alone and names it, until that process has ended", async (t) => {
  const folder = t.testdir({});
  const owner = await otherOwner(t, folder);
  await t.rejects(lockFolder(folder), {
    code: "storage_failed",
    message: new RegExp(`used by another Matchlight, process ${owner.pid}`),
  });
  await owner.kill();
  await using _lock = await lockFolder(folder);
  t.equal(await readFile(join(folder, "lock"), "utf8"), await processName(process.pid));
});

t.test("another user can read the lock file, also where a service's umask hides files", async (t) => {
  const folder = t.testdir({});
  const before = process.umask(0o077);
  t.teardown(() => process.umask(before));
  await using _lock = await lockFolder(folder);
  t.equal((await stat(join(folder, "lock"))).mode & 0o777, 0o644);
});

t.test("a lock holds whatever the file says, because containers do not see each other's processes", async (t) => {
  const folder = t.testdir({});
  await otherOwner(t, folder);
  for (const name of ["4194303 1 some-boot", "", (await processName(process.pid)) ?? ""]) {
    await writeFile(join(folder, "lock"), name);
    await t.rejects(lockFolder(folder), { code: "storage_failed", message: /used by another Matchlight/ }, name);
  }
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

t.test("many that take and release a folder at the same time never have it together", async (t) => {
  const folder = t.testdir({});
  const inside = { now: 0, most: 0, times: 0 };
  const enter = async () => {
    await using _lock = await lockFolder(folder);
    inside.most = Math.max(inside.most, ++inside.now);
    inside.times++;
    await readdir(folder);
    inside.now--;
  };
  for (let round = 0; round < 20; round++) await Promise.allSettled([enter(), enter(), enter(), enter()]);
  t.ok(inside.times >= 20);
  t.equal(inside.most, 1);
});
