import { open } from "node:fs/promises";
import { join } from "node:path";
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

t.test("an argument of another type, and a text that does not fit, are refused", async (t) => {
  const wrong = addon as unknown as Record<string, (...values: readonly unknown[]) => unknown>;
  const long = `/dev/${"n".repeat(255)}`;
  for (const [name, ...values] of [
    ["describeVideo"],
    ["describeVideo", 5],
    ["describeVideo", long],
    ["describeChip", long],
    ["openCapture"],
    ["openCapture", long],
    ["setControl", "/dev/null", "a", 1],
    ["requestLines", long, [1], false],
    ["requestLines", "/dev/null", "1", false],
    ["requestLines", "/dev/null", Array.from({ length: 65 }, (_, i) => i), false],
    ["requestLines", "/dev/null", ["a"], false],
    ["requestLines", "/dev/null", [1]],
    ["setLines", 0],
    ["lockFile"],
    ["setFormat", {}, "MJPG", 1, 1, 1],
    ["startCapture", undefined, () => undefined],
    ["takeFrame", {}, new Uint8Array(1)],
    ["closeCapture", 1],
  ] as const) {
    t.throws(() => wrong[name]?.(...values), { name: "TypeError", code: "ERR_INVALID_ARG_TYPE" }, name);
  }
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
