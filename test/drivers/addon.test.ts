import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import t from "tap";
import { loadAddon } from "../../drivers/addon.ts";
import { asDriverError } from "../../drivers/errors.ts";
import { residentTextKilobytes } from "../support/resident-text.ts";

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

t.test("text that is dropped is no longer resident, and is there again when it is needed", async (t) => {
  // Once before, so that what comes back below is text, and not what is loaded with it.
  touchText();
  addon.dropText();
  const dropped = await residentTextKilobytes();
  touchText();
  const touched = await residentTextKilobytes();
  addon.dropText();
  const again = await residentTextKilobytes();
  t.comment(`${dropped} kB, touched ${touched} kB, dropped ${again} kB`);
  t.ok(touched > dropped + 1_000);
  t.ok(again < touched - 1_000);
  t.throws(() => addon.describeVideo("/dev/null"), "errors can still be thrown");
});

/** Uses parts of Node that lie far from each other. */
function touchText(): readonly string[] {
  const hash = createHash("sha512").update("text").digest("hex");
  return [hash, gzipSync("text").toString("hex"), new Intl.DateTimeFormat("th").format(0), String(new URL("a:b"))];
}

t.test("text that Node has moved to large pages, which no file holds, is left alone", async (t) => {
  const path = fileURLToPath(new URL("../../../drivers/native/build/Release/matchlight.node", import.meta.url));
  const program = `require(${JSON.stringify(path)}).dropText(); console.log(JSON.stringify([1].map((one) => one + 1)))`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--use-largepages=silent", "-e", program]);
  t.equal(stdout.trim(), "[2]");
});

t.test("a lock is held by one open file at a time", async (t) => {
  const path = join(t.testdir({ lock: "" }), "lock");
  const [first, second] = [await open(path), await open(path)];
  t.equal(addon.lockFile(first.fd), true);
  t.equal(addon.lockFile(second.fd), false);
  await first.close();
  t.equal(addon.lockFile(second.fd), true);
  await second.close();
});
