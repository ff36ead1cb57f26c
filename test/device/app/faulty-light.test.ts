import t from "tap";
import { showFaulty } from "../../../device/app/faulty-light.ts";
import { readSettings } from "../../../device/settings/environment.ts";
import type { LightChoice } from "../../../device/settings/hardware-parsers.ts";
import { LIGHT_TABLE } from "../../../device/status/light-patterns.ts";
import type { Pattern } from "../../../drivers/light/light.ts";

/** A light that notes what it shows, and when it goes dark. */
function noting(name: string) {
  const shown: (Pattern | "dark")[] = [];
  const chosen: LightChoice[] = [];
  const open = (choice: LightChoice) => {
    chosen.push(choice);
    return {
      name,
      show: (pattern: Pattern) => shown.push(pattern),
      [Symbol.asyncDispose]: async () => void shown.push("dark"),
    };
  };
  return { shown, chosen, open };
}

const lightOf = (environment: Readonly<Record<string, string>>) => readSettings(environment).values.light;
const never = new Promise(() => undefined);

t.test("a failed start is shown as a device that needs attention, and dark after that", async (t) => {
  const { shown, chosen, open } = noting("gpiochip");
  await showFaulty(lightOf({ MATCHLIGHT_LIGHT: "gpiochip:auto?on=4" }), never, { open, shownMs: 5 });
  t.same(shown, [LIGHT_TABLE.faulty, "dark"]);
  t.match(chosen, [{ kind: "gpiochip" }]);
});

t.test("a light whose setting is wrong is the usual one", async (t) => {
  const { shown, chosen, open } = noting("gpiochip");
  await showFaulty(lightOf({ MATCHLIGHT_LIGHT: "lamp" }), never, { open, shownMs: 5 });
  t.match(chosen, [{ kind: "auto" }]);
  t.same(shown[0], LIGHT_TABLE.faulty);
});

t.test("it ends with the signal, and does not wait for a light of text", async (t) => {
  const { shown, open } = noting("gpiochip");
  await showFaulty(undefined, Promise.resolve(), { open });
  t.same(shown, [LIGHT_TABLE.faulty, "dark"]);
  const text = noting("text");
  await showFaulty(undefined, never, { open: text.open });
  t.same(text.shown, ["dark"]);
});
