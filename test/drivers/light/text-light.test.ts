import { Writable } from "node:stream";
import t from "tap";
import type { Colour } from "../../../drivers/light/light.ts";
import { textLight } from "../../../drivers/light/text-light.ts";
import { holdLight } from "../../contract/light.ts";
import { tapSuite } from "../../contract/suite.ts";

/** What was written last, and all of it. */
function paper() {
  const written: string[] = [];
  const out = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      written.push(text);
      done();
    },
  });
  return { out, written };
}

t.test("the contract of a light", async (t) => {
  await holdLight(tapSuite(t), async () => {
    const { out, written } = paper();
    const read = (): Colour | "dark" => (written.at(-1)?.includes("●") ? "green" : "dark");
    return { light: textLight(out, "blink"), read };
  });
});

t.test("in a log it writes a line for each new pattern, not for each beat", async (t) => {
  const { out, written } = paper();
  await using light = textLight(out, "tell");
  light.show({
    colour: "amber",
    meaning: "please see staff",
    beats: [
      { lit: true, forMs: 10 },
      { lit: false, forMs: 10 },
    ],
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.same(written, ["light: amber, please see staff\n"]);
});
