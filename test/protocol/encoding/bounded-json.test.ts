import t from "tap";
import { cutString, parseJson } from "../../../protocol/encoding/bounded-json.ts";

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

const cut = (json: string) => {
  const { json: rest, content } = cutString(Buffer.from(json), ["a", "b"], "X");
  return [Buffer.from(rest).toString(), content && Buffer.from(content).toString()];
};

t.test("a string is cut out by its place, and by nothing else", async (t) => {
  t.same(cut('{"a":{"b":"photo"},"c":1}'), ['{"a":{"b":"X"},"c":1}', "photo"]);
  t.same(cut('{ "a" : { "c" : [1, "d"], "b" : "" } }'), ['{ "a" : { "c" : [1, "d"], "b" : "X" } }', ""]);
  t.same(cut('{"a":{"b":"\\"}"}}'), ['{"a":{"b":"X"}}', '\\"}']);
  for (const json of [
    '{"b":"photo"}',
    '{"a":"photo"}',
    '{"a":["b","photo"]}',
    '{"a":{"c":{"b":"photo"}}}',
    '["a",{"b":"photo"}]',
    '{"a":{"b":7}}',
    '{"c":"{\\"a\\":{\\"b\\":\\"photo\\"}}"}',
    "",
    "[",
    '"',
    "{".repeat(100_000),
  ]) {
    t.same(cut(json), [json, undefined], json.slice(0, 40));
  }
});

t.test("what was cut out is the text's own memory, and two are none", async (t) => {
  const json = Buffer.from('{"a":{"b":"photo"}}');
  cutString(json, ["a", "b"], "X").content?.fill(0x2e);
  t.equal(json.toString(), '{"a":{"b":"....."}}');
  t.throws(() => cut('{"a":{"b":"1","b":"2"}}'), SyntaxError);
  t.throws(() => cut('{"a":{"b":"1"},"a":{"b":"2"}}'), SyntaxError);
});

t.test("a string ends at the quotation mark with an even number of backslashes before it", async (t) => {
  for (const inside of ["\\\\", '\\"', "\\\\\\\\", 'x\\\\\\"y', "\\n"]) {
    t.same(cut(`{"a":{"b":"${inside}"},"c":"]"}`), ['{"a":{"b":"X"},"c":"]"}', inside], inside);
    t.same(parseJson(`{"a":"${inside}","b":[[]]}`, BOUNDS), JSON.parse(`{"a":"${inside}","b":[[]]}`), inside);
  }
});
