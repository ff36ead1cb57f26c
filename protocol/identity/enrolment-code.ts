import { type ScryptOptions, scrypt } from "node:crypto";

/** The code that people compare, so that only this camera's key is registered. It is not secret. */
export interface EnrolmentCode {
  /** `XXXXX-XXXXX`, to be read out. */
  readonly letters: string;
  /** The same as five groups of three digits, to be counted in flashes of a light. */
  readonly digits: string;
}

/** Crockford's base 32. Its letters are not confused when they are read or spoken. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_BITS = 50n;
const DIGITS = 15;
/**
 * An attacker who searches a key with the code of another camera pays 16 MB and about 0.1 s for each attempt. So 50 bits are
 * enough (docs/adr/0031). Every implementation must use the same numbers.
 */
const COST: ScryptOptions = { N: 16_384, r: 8, p: 1, maxmem: 32 * 1_024 * 1_024 };
const SALT = "matchlight enrolment code 2";

/** Computes the enrolment code of a camera from the RFC 7638 thumbprint of its signing key. */
export async function enrolmentCode(kid: string): Promise<EnrolmentCode> {
  const hash = await new Promise<Buffer>((resolve, reject) => {
    scrypt(kid, SALT, 8, COST, (error, key) => (error ? reject(error) : resolve(key)));
  });
  const value = hash.readBigUInt64BE() >> (64n - CODE_BITS);
  const letters = Array.from({ length: 10 }, (_, i) => LETTERS[Number((value >> BigInt(45 - 5 * i)) & 31n)]).join("");
  const digits = String(value % 10n ** BigInt(DIGITS)).padStart(DIGITS, "0");
  return {
    letters: `${letters.slice(0, 5)}-${letters.slice(5)}`,
    digits: (digits.match(/.{3}/g) ?? []).join("-"),
  };
}

/** Whether a text is this code, as letters or digits. Case, spaces and letters that look like digits do not matter. */
export function isCode(typed: string, { letters, digits }: EnrolmentCode): boolean {
  return plain(typed) === plain(letters) || plain(typed) === plain(digits);
}

function plain(text: string): string {
  return text.toUpperCase().replace(/[\s-]/g, "").replace(/[IL]/g, "1").replaceAll("O", "0");
}
