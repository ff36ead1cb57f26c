import t from "tap";
import { parseJson } from "../../protocol/bounded-json.ts";

const BOUNDS = { bytes: 1_000, depth: 3 };

t.test("what is within the bounds is parsed, text and bytes alike", async (t) => {
  for (const value of [{ a: [{ b: "ä" }] }, [], "x", 7, null, '[[[["', "\\[[[[", '"\\"[[[[']) {
    const text = JSON.stringify(value);
    t.same(parseJson(text, BOUNDS), value, text);
    t.same(parseJson(Buffer.from(text), BOUNDS), value, text);
  }
});

t.test("what is larger or deeper is refused before it is parsed", async (t) => {
  t.throws(() => parseJson(JSON.stringify("x".repeat(999)), BOUNDS), RangeError);
  for (const text of ["[[[[]]]]", '{"a":[{"b":[]}]}', "[[[[", '["\\"", [[[]]]]']) {
    t.throws(() => parseJson(text, BOUNDS), RangeError, text);
  }
  t.throws(() => parseJson("[".repeat(4_000_000), { bytes: 5_000_000, depth: 64 }), RangeError);
});

t.test("what is no JSON is refused as such", async (t) => {
  for (const text of ["", "]", "{", "]]]][[[[", '"', "\\"]) t.throws(() => parseJson(text, BOUNDS), SyntaxError, text);
  t.throws(() => parseJson(Buffer.from([0x22, 0xff, 0x22]), BOUNDS), TypeError);
});
