import { PassThrough } from "node:stream";
import t from "tap";
import { openLight } from "../../../device/app/hardware.ts";
import { openLog } from "../../../device/process/log.ts";
import { type LightChoice, readLight } from "../../../device/settings/hardware-parsers.ts";
import { openDeviceStatus } from "../../../device/status/device-status.ts";
import { lightFault } from "../../../device/status/light-fault.ts";
import { LIGHT_TABLE } from "../../../device/status/light-patterns.ts";
import { swappableLight } from "../../../device/status/swappable-light.ts";
import { DriverError } from "../../../drivers/errors.ts";
import type { LightEvents } from "../../../drivers/light/gpio-light.ts";
import type { Light } from "../../../drivers/light/light.ts";

const TEXT = chosen("text");
const wired = (line: string) => chosen(`gpiochip:chip?on=${line}`);

function chosen(text: string): LightChoice {
  const read = readLight(text);
  if ("must" in read) throw new Error(`${text} must ${read.must}`);
  return read.value;
}

/** A light that says it cannot be set when its line is one of `broken`, as one on GPIO does, or cannot even be made. */
function bench(broken: readonly string[]) {
  const told: string[] = [];
  const events: LightEvents = { failed: () => told.push("failed"), working: () => told.push("working") };
  const open = (choice: LightChoice, own: LightEvents): Light => {
    const text = JSON.stringify(choice);
    if (text.includes("no-addon")) throw new DriverError("unsupported", "not built");
    if (broken.some((line) => text.includes(`"${line}"`))) own.failed(new DriverError("gone", "no such line"));
    const show: Light["show"] = ({ meaning }) => told.push(meaning);
    return { name: "bench", show, [Symbol.asyncDispose]: async () => void told.push("dark") };
  };
  return { told, events, open };
}

t.test("a light that was wrong and is put right works again, whatever kind it is now", async (t) => {
  const { told, events, open } = bench(["99", "98"]);
  const light = swappableLight(wired("99"), open, events);
  light.show(LIGHT_TABLE.ready);
  t.match(await light.choose(wired("98")), { code: "gone", message: "no such line" });
  t.same(told, ["failed", "ready", "dark", "failed", "ready"], "still wrong");
  told.length = 0;
  t.equal(await light.choose(wired("17")), undefined);
  t.same(told, ["dark", "ready", "working"]);
  await light.choose(chosen("onoff:no-addon?on=17"));
  told.length = 0;
  await light.choose(TEXT);
  t.same(told, ["ready", "working"]);
});

t.test("a light that worked all along is not said to work again", async (t) => {
  const { told, events, open } = bench([]);
  const light = swappableLight(wired("17"), open, events);
  await light.choose(TEXT);
  await light.choose(TEXT);
  t.same(told, ["dark"], "the same choice again changes nothing");
});

t.test("the fault of a light on a chip that is not there goes when the setting is corrected remotely", async (t) => {
  const health = lightFault(openLog("silent", "light-camera"));
  const out = new PassThrough().resume();
  await using light = swappableLight(
    chosen("onoff:no-such-chip?on=17"),
    (choice, events) => openLight(choice, events, out),
    health.events,
  );
  const deviceStatus = openDeviceStatus({ device: "light-camera", light, statusChanged: () => undefined });
  health.attach(deviceStatus);
  t.same(deviceStatus.status().faults, ["light_failed"]);
  await light.choose(TEXT);
  t.same(deviceStatus.status().faults, []);
});
