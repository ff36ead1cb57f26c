import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DriverError } from "../../../drivers/errors.ts";
import { gpioLight } from "../../../drivers/light/gpio-light.ts";
import { type Chip, chooseChip, findLine } from "../../../drivers/light/gpiochip-light.ts";
import { chooseSysfsChip, globalNumber, listSysfsChips } from "../../../drivers/light/onoff-light.ts";
import { lampsFor, STANDARD_WIRING, type Wiring } from "../../../drivers/light/wiring.ts";
import { holdLight } from "../../contract/light.ts";
import { tapSuite } from "../../contract/suite.ts";

const chip = (label: string, number: number): Chip => ({
  node: `/dev/gpiochip${number}`,
  description: {
    label,
    lines: [
      { offset: 0, name: "GPIO0", consumer: "" },
      { offset: 1, name: "GPIO1", consumer: "spi0 CS1" },
    ],
  },
});

t.test("the contract, on lines in memory", async (t) => {
  await holdLight(tapSuite(t), async () => {
    let bits = 0;
    const lines = {
      set(value: number) {
        bits = value;
      },
      close: async () => {
        bits = 0;
      },
    };
    const events = { failed: (error: Error) => t.fail(error.message), working: () => undefined };
    const light = gpioLight("memory", STANDARD_WIRING, () => lines, events);
    return { light, read: () => (bits === 0 ? "dark" : "green") };
  });
});

t.test("a light that fails says so once, is tried again, and says once that it works", async (t) => {
  const told: string[] = [];
  let broken = true;
  const take = () => {
    if (broken) throw new DriverError("gone", "no chip");
    return { set: () => undefined, close: async () => undefined };
  };
  const events = { failed: (error: Error) => told.push(error.message), working: () => told.push("works") };
  await using light = gpioLight("broken", STANDARD_WIRING, take, events);
  light.show({
    colour: "red",
    meaning: "",
    beats: [
      { lit: true, forMs: 50 },
      { lit: false, forMs: 50 },
    ],
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.same(told, ["no chip"], "once, not at every beat");
  broken = false;
  await new Promise((resolve) => setTimeout(resolve, 2_300));
  t.same(told, ["no chip", "works"]);
});

t.test("chips are found by label or node; a Raspberry Pi's header by itself", async (t) => {
  const chips = [chip("raspberrypi-exp-gpio", 0), chip("pinctrl-bcm2711", 1)];
  t.equal(chooseChip(chips, "auto").node, "/dev/gpiochip1");
  t.equal(chooseChip(chips, "/dev/gpiochip0").node, "/dev/gpiochip0");
  t.throws(() => chooseChip(chips, "other"), {
    code: "gone",
    message: /no GPIO chip "other"; there is: raspberrypi-exp/,
  });
  t.throws(() => chooseChip([], "auto"), { code: "gone", message: /there is: none/ });
});

t.test("lines are found by offset or name, and one that is used is refused", async (t) => {
  t.equal(findLine(chip("c", 0), "GPIO0"), 0);
  t.equal(findLine(chip("c", 0), "0"), 0);
  t.throws(() => findLine(chip("c", 0), "7"), { code: "unsupported", message: /has no line 7; it has 0 to 1/ });
  t.throws(() => findLine(chip("c", 0), "1"), { code: "busy", message: /used by spi0 CS1/ });
});

t.test("sysfs numbers are the chip's base and the offset", async (t) => {
  const sysfs = t.testdir({});
  for (const [name, label, base] of [
    ["gpiochip512", "pinctrl-bcm2711", "512"],
    ["gpiochip570", "expander", "570"],
  ] as const) {
    mkdirSync(join(sysfs, name));
    writeFileSync(join(sysfs, name, "label"), `${label}\n`);
    writeFileSync(join(sysfs, name, "base"), `${base}\n`);
    writeFileSync(join(sysfs, name, "ngpio"), "58\n");
  }
  const chips = listSysfsChips(sysfs);
  t.equal(globalNumber(chooseSysfsChip(chips, "auto"), "17"), 529);
  t.equal(globalNumber(chooseSysfsChip(chips, "expander"), "0"), 570);
  t.throws(() => globalNumber(chooseSysfsChip(chips, "auto"), "58"), { code: "unsupported", message: /from 0 to 57/ });
  t.throws(() => globalNumber(chooseSysfsChip(chips, "auto"), "GPIO17"), { code: "unsupported" });
  t.throws(() => chooseSysfsChip(chips, "none"), { code: "gone", message: /it lists: pinctrl-bcm2711, expander/ });
  t.same(listSysfsChips(join(sysfs, "nothing")), []);
});

t.test("no colour is ever dark, whatever lamps there are", async (t) => {
  const one: Wiring = { ...STANDARD_WIRING, lamps: [{ lamp: "green", line: "1" }] };
  for (const colour of ["red", "green", "amber", "white"] as const) {
    t.ok(lampsFor(colour, one) > 0, colour);
    t.equal(lampsFor(colour, { ...one, lamps: [{ lamp: "on", line: "1" }] }), 1);
  }
  t.same(
    ["red", "green", "amber", "white", "dark"].map((colour) => lampsFor(colour as "red", STANDARD_WIRING)),
    [1, 2, 3, 7, 0],
  );
});
