import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { explainFault, unreadable } from "../../../device/faults.ts";
import { loadKeys } from "../../../device/management/device-keys.ts";

t.test("keys are made at the first start, kept, and readable by the owner only", async (t) => {
  const folder = join(t.testdir({}), "new", "data");
  const first = await loadKeys(folder);
  const second = await loadKeys(folder);
  t.same(second.signing.public, first.signing.public);
  t.same(second.sealing.public, first.sealing.public);
  t.equal((await stat(join(folder, "identity.json"))).mode & 0o777, 0o600);
  t.notOk("d" in first.signing.public);
});

t.test("keys that cannot be read are never replaced", async (t) => {
  const folder = t.testdir({ "identity.json": "{ torn" });
  await t.rejects(loadKeys(folder), { code: "keys_refused" });
  t.equal(await readFile(join(folder, "identity.json"), "utf8"), "{ torn");
  await writeFile(join(folder, "identity.json"), JSON.stringify({ signing: {}, sealing: {} }));
  await t.rejects(loadKeys(folder), { code: "keys_refused" });
});

t.test("a file that may not be read is told apart from one that is damaged", async (t) => {
  for (const [code, text] of [
    ["EACCES", /may not read .*\/keys cannot be read\. Run the command as the service's user/],
    ["EIO", /cannot be read\. Restore identity\.json/],
  ] as const) {
    t.match(explainFault(unreadable("keys_refused", "/keys", Object.assign(new Error(code), { code }))), text, code);
  }
});

t.test("a data folder that cannot be made is a fault with its name", async (t) => {
  const folder = t.testdir({ file: "in the way" });
  await t.rejects(loadKeys(join(folder, "file", "data")), { code: /keys_refused|storage_failed/ });
});
