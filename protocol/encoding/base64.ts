/** The value of each byte as a digit of an alphabet; 255 for bytes that are none. */
export type Alphabet = Uint8Array;

const PADDING = 0x3d;
const NOT_A_DIGIT = 255;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** RFC 4648, section 4. */
export const BASE64 = alphabet(`${DIGITS}+/`);
/** RFC 4648, section 5. */
export const BASE64URL = alphabet(`${DIGITS}-_`);

function alphabet(digits: string): Alphabet {
  const values = new Uint8Array(256).fill(NOT_A_DIGIT);
  for (const [value, digit] of [...digits].entries()) values[digit.charCodeAt(0)] = value;
  return values;
}

/**
 * Decodes from bytes to bytes, so that no JavaScript string, which cannot be overwritten, ever holds the text. At most two
 * `=` may follow. Throws SyntaxError.
 */
export function decodeBase64(text: Uint8Array, digits: Alphabet): Uint8Array {
  const length = lengthWithoutPadding(text);
  if (length % 4 === 1) throw new SyntaxError("it is no base64");
  const out = new Uint8Array(Math.floor((length * 3) / 4));
  let [seen, at] = [0, 0];
  for (let i = 0; i < length; i += 4) {
    const last = Math.min(4, length - i);
    let group = 0;
    for (let k = 0; k < 4; k++) {
      const digit = k < last ? (digits[text[i + k] as number] as number) : 0;
      seen |= digit;
      group = (group << 6) | (digit & 63);
    }
    // What is written past the end of a typed array is ignored.
    out[at++] = group >> 16;
    out[at++] = group >> 8;
    out[at++] = group;
  }
  if (seen <= 63) return out;
  out.fill(0);
  throw new SyntaxError("it is no base64");
}

function lengthWithoutPadding(text: Uint8Array): number {
  let length = text.length;
  while (length > text.length - 2 && text[length - 1] === PADDING) length--;
  return length;
}
