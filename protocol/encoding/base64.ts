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
 * Decodes from bytes to bytes, so that no JavaScript string, which cannot be overwritten, ever holds the text. Base64 may end
 * with at most two `=`. Base64url has one text for some bytes: no padding, and no set bits after the last byte. Otherwise a
 * stranger could change the text of a token, and so its digest, and its signature would still fit. Throws SyntaxError.
 */
export function decodeBase64(text: Uint8Array, digits: Alphabet): Uint8Array {
  return decodeInto(text, digits, (bytes) => new Uint8Array(bytes));
}

/** The same in the memory of the text, whose rest is overwritten. */
export function decodeInPlace(text: Uint8Array, digits: Alphabet): Uint8Array {
  const out = decodeInto(text, digits, (bytes) => text.subarray(0, bytes));
  text.fill(0, out.length);
  return out;
}

function decodeInto(text: Uint8Array, digits: Alphabet, memory: (bytes: number) => Uint8Array): Uint8Array {
  const length = digits === BASE64URL ? text.length : lengthWithoutPadding(text);
  if (length % 4 === 1) throw new SyntaxError("it is no base64");
  const out = memory(Math.floor((length * 3) / 4));
  const seen = decodeGroups(text, length, digits, out);
  if (seen <= 63 && (digits !== BASE64URL || endsWithByte(text, length, digits))) return out;
  out.fill(0);
  throw new SyntaxError("it is no base64");
}

/** Gives the values of all digits, one over the other: above 63 when one was none. */
function decodeGroups(text: Uint8Array, length: number, digits: Alphabet, out: Uint8Array): number {
  const whole = length - (length % 4);
  let [seen, at] = [0, 0];
  for (let i = 0; i < whole; i += 4) {
    const a = digits[text[i] as number] as number;
    const b = digits[text[i + 1] as number] as number;
    const c = digits[text[i + 2] as number] as number;
    const d = digits[text[i + 3] as number] as number;
    seen |= a | b | c | d;
    out[at++] = (a << 2) | (b >> 4);
    out[at++] = (b << 4) | (c >> 2);
    out[at++] = (c << 6) | d;
  }
  if (whole === length) return seen;
  const a = digits[text[whole] as number] as number;
  const b = digits[text[whole + 1] as number] as number;
  const c = length - whole === 3 ? (digits[text[whole + 2] as number] as number) : 0;
  out[at++] = (a << 2) | (b >> 4);
  // What is written past the end of a typed array is ignored.
  out[at++] = (b << 4) | (c >> 2);
  return seen | a | b | c;
}

/** Whether the bits of the last digit that belong to no byte are 0. */
function endsWithByte(text: Uint8Array, length: number, digits: Alphabet): boolean {
  const unused = [0, 0, 0b1111, 0b11][length % 4] as number;
  return unused === 0 || ((digits[text[length - 1] as number] as number) & unused) === 0;
}

function lengthWithoutPadding(text: Uint8Array): number {
  let length = text.length;
  while (length > text.length - 2 && text[length - 1] === PADDING) length--;
  return length;
}

/** The characters of an alphabet: two for each value of twelve bits, the first in the lower byte. */
export type Encoder = { readonly pairs: Uint16Array; readonly padded: boolean };

export const TO_BASE64: Encoder = encoder(`${DIGITS}+/`, true);
export const TO_BASE64URL: Encoder = encoder(`${DIGITS}-_`, false);

function encoder(digits: string, padded: boolean): Encoder {
  const pairs = new Uint16Array(4096);
  for (let value = 0; value < 4096; value++)
    pairs[value] = digits.charCodeAt(value >> 6) | (digits.charCodeAt(value & 63) << 8);
  return { pairs, padded };
}

/** How many digits so many bytes have. */
export function encodedLength(bytes: number, { padded }: Encoder): number {
  return padded ? Math.ceil(bytes / 3) * 4 : Math.ceil((bytes * 4) / 3);
}

/**
 * Encodes into memory that is there, and gives where the text ends. Throws RangeError when there is too little. By Buffer it would
 * become a string and then bytes again: a string cannot be overwritten.
 */
export function encodeBase64(bytes: Uint8Array, { pairs, padded }: Encoder, into: Uint8Array, from: number): number {
  const whole = bytes.length - (bytes.length % 3);
  const text = new DataView(into.buffer, into.byteOffset, into.length);
  let at = from;
  for (let i = 0; i < whole; i += 3) {
    const second = bytes[i + 1] as number;
    const high = pairs[((bytes[i] as number) << 4) | (second >> 4)] as number;
    const low = pairs[((second & 15) << 8) | (bytes[i + 2] as number)] as number;
    text.setUint32(at, high | (low << 16), true);
    at += 4;
  }
  if (whole === bytes.length) return at;
  const [first, second = 0] = bytes.subarray(whole);
  text.setUint16(at, pairs[((first as number) << 4) | (second >> 4)] as number, true);
  at += 2;
  if (bytes.length - whole === 2) into[at++] = pairs[(second & 15) << 8] as number;
  while (padded && (at - from) % 4 !== 0) into[at++] = PADDING;
  return at;
}
