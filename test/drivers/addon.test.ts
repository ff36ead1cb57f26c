import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { loadAddon } from "../../drivers/addon.ts";
import { asDriverError } from "../../drivers/errors.ts";

const addon = loadAddon();

t.test("a refusal of the system carries errno, call and path, and becomes a typed error with a remedy", async (t) => {
  for (const [call, code] of [
    [() => addon.describeVideo("/dev/no-such-node"), "gone"],
    [() => addon.openCapture("/dev/no-such-node"), "gone"],
    [() => addon.describeVideo("/dev/null"), "unsupported"],
    [() => addon.describeChip("/dev/null"), "unsupported"],
    [() => addon.setControl("/dev/null", 1, 1), "unsupported"],
    [() => addon.requestLines("/dev/null", [1], false), "unsupported"],
  ] as const) {
    try {
      call();
      t.fail("should have been refused");
    } catch (error) {
      t.match(error, { code: /^E/, syscall: /./, path: /^\/dev/ });
      t.match(asDriverError(error, "it"), { name: "DriverError", code, errno: /^E/, node: /^\/dev/ });
    }
  }
});

t.test("text that is unmapped is no longer resident, and is there again when it is needed", async (t) => {
  // Everything that is used below has been used before: what comes back is what it needs, not what it loads.
  await residentTextKilobytes();
  addon.releaseText();
  const before = await residentTextKilobytes();
  t.same(touchText(), touchText());
  const touched = await residentTextKilobytes();
  addon.releaseText();
  const after = await residentTextKilobytes();
  t.comment(`${before} kB, touched ${touched} kB, unmapped ${after} kB`);
  t.ok(after < touched - 1_000);
  t.throws(() => addon.describeVideo("/dev/null"), "errors can still be thrown");
});

/** Uses parts of Node that lie far from each other. */
function touchText(): readonly string[] {
  const hash = createHash("sha512").update("text").digest("hex");
  return [hash, gzipSync("text").toString("hex"), new Intl.DateTimeFormat("th").format(0), String(new URL("a:b"))];
}

/** File pages in memory: text and constants, for this process maps nothing else. */
async function residentTextKilobytes(): Promise<number> {
  return Number(/RssFile:\s+(\d+) kB/.exec(await readFile("/proc/self/status", "utf8"))?.[1]);
}

t.test("a lock is held by one open file at a time", async (t) => {
  const path = join(t.testdir({ lock: "" }), "lock");
  const [first, second] = [await open(path), await open(path)];
  t.equal(addon.lockFile(first.fd), true);
  t.equal(addon.lockFile(second.fd), false);
  await first.close();
  t.equal(addon.lockFile(second.fd), true);
  await second.close();
});
