import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { loadAddon } from "../../../drivers/addon.ts";
import { gpiochipLight, listChips } from "../../../drivers/light/gpiochip-light.ts";
import type { Light } from "../../../drivers/light/light.ts";
import { onoffLight } from "../../../drivers/light/onoff-light.ts";
import type { Wiring } from "../../../drivers/light/wiring.ts";
import { holdLight } from "../../contract/light.ts";
import type { Suite } from "../../contract/suite.ts";
import { gpioBase, readColour, WIRING } from "./lamps.ts";

const QUIET = {
  failed(error: Error) {
    throw error;
  },
  working: () => undefined,
};

const WAYS: readonly (readonly [string, (wiring: Wiring) => Light])[] = [
  ["gpiochip", (wiring) => gpiochipLight(loadAddon(), wiring, QUIET)],
  ["onoff", (wiring) => onoffLight(wiring, QUIET)],
];

/** Both ways to the same lines are held to the same promises, with either polarity, and when their owner is killed. */
export async function holdLights(t: Suite): Promise<void> {
  t.ok(gpioBase() > 0, `the chip's first line has the global number ${gpioBase()}`);
  for (const [name, make] of WAYS) {
    for (const activeLow of [false, true]) {
      const wiring = { ...WIRING, activeLow };
      await t.test(`${name}${activeLow ? ", active low" : ""}`, (t) =>
        holdLight(t, async () => ({ light: make(wiring), read: () => readColour(wiring) })),
      );
    }
    await t.test(`${name}: the light is off when its process was killed`, (t) => killed(t, name));
  }
  await t.test("what is wrong is said once, with the remedy", saysWhatIsWrong);
}

async function killed(t: Suite, way: string): Promise<void> {
  const owner = spawn(process.execPath, [fileURLToPath(new URL("./light-owner.js", import.meta.url)), way]);
  await once(owner.stdout, "data");
  t.equal(readColour(), "amber", "it is lit");
  owner.kill("SIGKILL");
  await once(owner, "exit");
  await sleep(300);
  t.equal(readColour(), "dark", "it is off");
}

async function saysWhatIsWrong(t: Suite): Promise<void> {
  const told: string[] = [];
  const events = { failed: (error: { code: string }) => told.push(error.code), working: () => undefined };
  const steady = { colour: "red", meaning: "steady", beats: [{ lit: true, forMs: 1000 }] } as const;
  const lampOn = (line: string) => [{ lamp: "on", line }] as const;
  const [chip] = listChips(loadAddon());
  const held = loadAddon().requestLines(chip?.node ?? "", [4], false);
  for (const [wiring, code] of [
    [{ ...WIRING, chip: "no such chip" }, "gone"],
    [{ ...WIRING, lamps: lampOn("99") }, "unsupported"],
    [{ ...WIRING, lamps: lampOn("4") }, "busy"],
  ] as const) {
    await using light = gpiochipLight(loadAddon(), wiring, events);
    light.show(steady);
    t.same(told.splice(0), [code], `${code}, told once`);
  }
  closeSync(held);
}
