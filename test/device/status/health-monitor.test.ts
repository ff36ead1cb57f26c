import t, { type Test } from "tap";
import type { Inference } from "../../../device/inference/inference.ts";
import { openSwappableInference } from "../../../device/inference/swappable-inference.ts";
import { systemClock } from "../../../device/process/clock.ts";
import { openLog } from "../../../device/process/log.ts";
import { openDeviceStatus } from "../../../device/status/device-status.ts";
import { monitorHealth } from "../../../device/status/health-monitor.ts";
import { openInstrumentation } from "../../../device/status/instrumentation.ts";
import { healthSchema } from "../../../protocol/messages/metrics.ts";
import { darkLight } from "../../support/stage.ts";
import { syntheticInference } from "../../support/synthetic.ts";

function holding(id: string, hash: string): Inference {
  const one = syntheticInference();
  return { ...one, pack: { ...one.pack, id, version: "1.3.0", hash } };
}

/** Health of a device in which only the pack matters, and the exchange that holds it. */
function stage(t: Test, board: () => Promise<object> = async () => ({})) {
  const lines: string[] = [];
  const swappable = openSwappableInference(holding("int8", "a".repeat(64)));
  const watch = monitorHealth({
    device: "test-camera",
    release: undefined,
    clock: systemClock,
    swappable,
    deviceStatus: openDeviceStatus({ device: "test-camera", light: darkLight, statusChanged: () => undefined }),
    ledger: { unsent: () => [], unsentCount: () => 0 },
    log: openLog("warn", "test-camera", { write: (line) => void lines.push(line) }),
    instrumentation: openInstrumentation(),
    board,
    publish: () => undefined,
  });
  t.teardown(() => watch[Symbol.asyncDispose]());
  return {
    exchange: swappable,
    watch,
    lines,
    pack: async () => healthSchema.parse(JSON.parse(JSON.stringify(await watch.now()))).pack,
  };
}

t.test("health tells the pack in force, and follows a swap", async (t) => {
  const { exchange: swappable, pack } = stage(t);
  t.same(await pack(), { id: "int8", version: "1.3.0", hash: "a".repeat(64) });
  await swappable.swappable(holding("fp32", "b".repeat(64)));
  t.same(await pack(), { id: "fp32", version: "1.3.0", hash: "b".repeat(64) });
});

t.test("health that cannot be judged when it is to be told is in the log", async (t) => {
  let broken = false;
  const { watch, lines } = stage(t, async () => (broken ? Promise.reject(new Error("no /proc")) : {}));
  await watch.publish();
  t.same(lines, []);
  broken = true;
  await watch.publish();
  t.match(JSON.parse(lines[0] ?? "{}"), { event: "health_unknown", reason: "Error: no /proc" });
});
