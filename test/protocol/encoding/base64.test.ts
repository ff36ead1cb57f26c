import { randomBytes } from "node:crypto";
import t from "tap";
import {
  BASE64,
  BASE64URL,
  decodeBase64,
  decodeInPlace,
  encodeBase64,
  encodedLength,
  TO_BASE64,
  TO_BASE64URL,
} from "../../../protocol/encoding/base64.ts";

t.test("bytes of every length come back, with and without padding", async (t) => {
  for (let length = 0; length < 70; length++) {
    const bytes = randomBytes(length);
    for (const [digits, name] of [
      [BASE64, "base64"],
      [BASE64URL, "base64url"],
    ] as const) {
      const text = Buffer.from(bytes.toString(name));
      t.ok(bytes.equals(decodeBase64(text, digits)), `${length} bytes in ${name}`);
      t.ok(bytes.equals(decodeBase64(Buffer.from(text.toString().replace(/=+$/, "")), digits)));
    }
  }
});

t.test("base64url has one text for some bytes: no padding, and no set bits after the last byte", async (t) => {
  for (const [text, one] of [
    ["AAE", true],
    ["AAF", false],
    ["AAG", false],
    ["AAE=", false],
    ["AQ", true],
    ["AR", false],
    ["AY", false],
    ["AQ==", false],
    ["AAAA", true],
    ["_-__", true],
    ["AAAA=", false],
  ] as const) {
    const decode = () => decodeBase64(Buffer.from(text), BASE64URL);
    if (one) t.doesNotThrow(decode, text);
    else t.throws(decode, SyntaxError, text);
  }
  t.same([...decodeBase64(Buffer.from("AR=="), BASE64)], [1], "base64 of a photo stays as lenient as it was");
});

t.test("anything else is refused", async (t) => {
  for (const text of ["A", "AAAAA", "A=AA", "AA==AA", "AAA===", "====", "AA A", "AA\nA", "%", "AA-_", "ÄAAA"]) {
    t.throws(() => decodeBase64(Buffer.from(text), BASE64), SyntaxError, text);
  }
  t.throws(() => decodeBase64(Buffer.from("AA+/"), BASE64URL), SyntaxError);
});

t.test("bytes of every length are encoded as Buffer encodes them, and nothing else is written", async (t) => {
  for (let length = 0; length < 70; length++) {
    const bytes = randomBytes(length);
    for (const [encoder, name] of [
      [TO_BASE64, "base64"],
      [TO_BASE64URL, "base64url"],
    ] as const) {
      const into = Buffer.alloc(encodedLength(length, encoder) + 4, "#");
      const end = encodeBase64(bytes, encoder, into, 2);
      t.equal(into.toString(), `##${bytes.toString(name)}##`, `${length} bytes in ${name}`);
      t.equal(end, into.length - 2);
    }
  }
});

t.test("a text is decoded in its own memory, and nothing of it is left", async (t) => {
  for (let length = 0; length < 70; length++) {
    const [bytes, around] = [randomBytes(length), Buffer.alloc(200, "#")];
    const text = around.subarray(3, 3 + around.write(bytes.toString("base64"), 3));
    const decoded = decodeInPlace(text, BASE64);
    t.ok(bytes.equals(decoded) && decoded.buffer === around.buffer, `${length} bytes`);
    t.ok(text.subarray(length).every((byte) => byte === 0));
    t.equal(around.toString("latin1", 0, 3) + around.toString("latin1", 3 + text.length, 5 + text.length), "#####");
  }
  t.throws(() => decodeInPlace(Buffer.from("AA%A"), BASE64), SyntaxError);
});

t.test("a text is encoded into memory at whose end its bytes stand", async (t) => {
  for (let length = 0; length < 70; length++) {
    const bytes = randomBytes(length);
    const text = Buffer.alloc(encodedLength(length, TO_BASE64URL));
    text.set(bytes, text.length - length);
    encodeBase64(text.subarray(text.length - length), TO_BASE64URL, text, 0);
    t.equal(text.toString(), bytes.toString("base64url"), `${length} bytes`);
  }
});
