import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { readRegister, registerCamera } from "../../../../cli/fleet/enrolment/register.ts";
import { lockRegister } from "../../../../cli/fleet/enrolment/register-lock.ts";
import { processName } from "../../../../device/management/data-folder-lock.ts";
import { PACKAGE_FOLDER } from "../../../../device/process/package-folder.ts";

const PROCESS = join(PACKAGE_FOLDER, "dist", "test", "support", "registering-process.js");

const camera = (device: string, pin = "pin") => ({ device, shop: "Shop", pin, sealing: "sealing", enrolledAt: "now" });

t.test("cameras that two processes register at the same moment are all in the register", async (t) => {
  const folder = t.testdir({});
  const file = join(folder, "register.json");
  const both = ["north", "south"].map((name) => fork(PROCESS, [file, name, "20"]));
  await Promise.all(both.map((child) => once(child, "message")));
  const ended = Promise.all(both.map((child) => once(child, "exit")));
  for (const child of both) child.send("go");
  await ended;
  t.equal(Object.keys(await readRegister(file)).length, 40);
  t.same(readdirSync(folder), ["register.json"], "and no lock is left");
});

t.test("cameras that one process registers at the same moment are all in the register", async (t) => {
  const file = join(t.testdir({}), "register.json");
  const names = Array.from({ length: 8 }, (_, i) => `counter-${i}`);
  await Promise.all(names.map((name) => registerCamera(file, camera(name))));
  t.same(Object.keys(await readRegister(file)).sort(), names);
});

t.test("another key is taken only where that is said", async (t) => {
  const folder = t.testdir({});
  const file = join(folder, "register.json");
  await registerCamera(file, camera("counter-1"));
  await t.rejects(registerCamera(file, camera("counter-1", "other")), { message: /say --replace/ });
  t.match(await readRegister(file), { "counter-1": { pin: "pin" } });
  await registerCamera(file, camera("counter-1", "other"), true);
  t.match(await readRegister(file), { "counter-1": { pin: "other" } });
  await registerCamera(file, camera("toString"));
  t.same(readdirSync(folder), ["register.json"], "and no lock is left");
});

t.test("a lock whose owner was killed keeps nobody out for long", async (t) => {
  const file = join(t.testdir({}), "register.json");
  const killed = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const owner = `${await processName(killed.pid ?? 0)} some`;
  killed.kill("SIGKILL");
  await once(killed, "exit");
  await writeFile(`${file}.lock`, owner);
  let holders = 0;
  const hold = async () => {
    await using _lock = await lockRegister(file, { leftBehindMs: 200, mostMs: 5_000 });
    t.equal(++holders, 1, "one at a time");
    await sleep(50);
    holders--;
  };
  await Promise.all([hold(), hold(), hold()]);
});

t.test("a lock whose owner lives is waited for", async (t) => {
  const file = join(t.testdir({}), "register.json");
  const held = await lockRegister(file);
  let registered = false;
  const waits = registerCamera(file, camera("counter-1")).then(() => {
    registered = true;
  });
  const impatient = lockRegister(file, { leftBehindMs: 50, mostMs: 200 });
  await t.rejects(impatient, { message: new RegExp(`process ${process.pid}.*remove .*register.json.lock`) });
  t.notOk(registered, "while it is held, nothing is written");
  await held[Symbol.asyncDispose]();
  await waits;
  t.ok(registered);
});
