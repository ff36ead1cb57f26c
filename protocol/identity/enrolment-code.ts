import { type ScryptOptions, scrypt } from "node:crypto";

/** What people compare, so that nobody's key but this camera's is registered. It says nothing secret. */
export interface EnrolmentCode {
  /** `XXXXX-XXXXX`, to be read out. */
  readonly letters: string;
  /** The same as five groups of three digits, to be counted in flashes of a light. */
  readonly digits: string;
}

/** Crockford's base 32: no letter that is taken for another, whether it is read or spoken. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_BITS = 50n;
const DIGITS = 15;
/**
 * Whoever looks for a key with another camera's code pays this for each attempt: 16 MB and about a tenth of a second, so
 * that 50 bits are enough (docs/adr/0031). Every implementation must use the same numbers.
 */
const COST: ScryptOptions = { N: 16_384, r: 8, p: 1, maxmem: 32 * 1_024 * 1_024 };
const SALT = "matchlight enrolment code 2";

/** The enrolment code of a camera, made of its signing key's RFC 7638 thumbprint. */
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

/** Whether somebody typed this code, as letters or digits; case, spaces and letters that look like digits do not matter. */
export function isCode(typed: string, { letters, digits }: EnrolmentCode): boolean {
  return plain(typed) === plain(letters) || plain(typed) === plain(digits);
}

function plain(text: string): string {
  return text.toUpperCase().replace(/[\s-]/g, "").replace(/[IL]/g, "1").replaceAll("O", "0");
}
