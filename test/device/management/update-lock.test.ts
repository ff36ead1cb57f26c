import { closeSync, existsSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { openUpdateLock } from "../../../device/management/update-lock.ts";
import { loadAddon } from "../../../drivers/addon.ts";

const { lockFile } = loadAddon();

function lockIn(t: Test, flock = lockFile) {
  const folder = t.testdir({});
  const path = join(folder, "updates.lock");
  const told: string[] = [];
  return { folder, path, told, lock: openUpdateLock({ path, flock, failed: (reason) => told.push(reason) }) };
}

/** Whether another process that asks flock(2), as balena's host does before it reboots, would get it. */
function free(path: string): boolean {
  const file = openSync(path, "r+");
  try {
    return lockFile(file);
  } finally {
    closeSync(file);
  }
}

async function taken(lock: ReturnType<typeof openUpdateLock>) {
  const held = await lock.take();
  if (held === "updating") throw new Error("nobody holds it");
  return held;
}

t.test("it is there, and locked, exactly as long as it is held", async (t) => {
  const { folder, path, lock } = lockIn(t);
  for (let round = 0; round < 3; round++) {
    const held = await taken(lock);
    t.ok(existsSync(path) && !free(path));
    t.same(readdirSync(folder), ["updates.lock"], "nothing is left beside it");
    await held.letGo();
    t.same(readdirSync(folder), []);
  }
});

t.test("a supervisor's lock means updating, and is never touched", async (t) => {
  const { path, lock, told } = lockIn(t);
  writeFileSync(path, "");
  await lock.removeStale();
  t.equal(await lock.take(), "updating");
  t.ok(existsSync(path));
  t.same(told, []);
});

t.test("one that a killed process of ours left behind is removed at the start, one in use is not", async (t) => {
  const { path, lock } = lockIn(t);
  writeFileSync(path, "matchlight session\n");
  t.equal(await lock.take(), "updating", "it stands in the way");
  await lock.removeStale();
  const held = await taken(lock);
  await lock.removeStale();
  t.ok(existsSync(path), "held by a living process");
  await held.letGo();
});

t.test("one of ours that could not be removed is removed before the next session, and hinders none", async (t) => {
  const { folder, path, lock, told } = lockIn(t);
  const held = await taken(lock);
  // A file where the folder was: nothing in it can be removed until the folder is back.
  const away = () => {
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, "");
  };
  const back = () => {
    rmSync(folder);
    renameSync(`${folder}.away`, folder);
  };
  away();
  await held.letGo();
  t.match(told, [/ENOTDIR/]);
  await (await taken(lock)).letGo();
  t.equal(told.length, 1, "it still cannot be removed: told once, and served without");
  back();
  t.ok(existsSync(path), "it was left behind");
  const next = await taken(lock);
  t.ok(existsSync(path) && !free(path), "and is a lock again");
  await next.letGo();
  t.same(readdirSync(folder), []);
  writeFileSync(path, "");
  t.equal(await lock.take(), "updating", "a supervisor's is still nobody's to remove");
  rmSync(path);
  t.teardown(() => rmSync(`${folder}.away`, { recursive: true, force: true }));
});

t.test("a lock that cannot be made is told once, and hinders nobody", async (t) => {
  const told: string[] = [];
  const lock = openUpdateLock({ path: "/proc/no/lock", flock: lockFile, failed: (reason) => told.push(reason) });
  await lock.removeStale();
  for (let round = 0; round < 3; round++) await (await taken(lock)).letGo();
  t.equal(told.length, 1);
  const none = openUpdateLock({ path: undefined, flock: lockFile, failed: (reason) => told.push(reason) });
  await (await taken(none)).letGo();
  t.equal(told.length, 1, "nobody asked for one");
});

t.test("where flock is not to be had the file alone is not believed", async (t) => {
  const { path, lock, told } = lockIn(t, () => {
    throw new Error("the addon is not built");
  });
  await (await taken(lock)).letGo();
  t.notOk(existsSync(path));
  t.match(told, [/not built/]);
});
