/** JSON that is deep, long, or both; of up to three megabytes, most of it far less. */
export function nested(random: () => number): string {
  const levels = Math.floor(random() ** 16 * 250_000);
  const [opening, closing] = random() < 0.5 ? ["[", "]"] : ['{"reference":', "}"];
  const inner = random() < 0.5 ? "1" : JSON.stringify("A".repeat(Math.floor(random() ** 16 * 250_000)));
  const json = `${opening.repeat(levels)}${inner}${closing.repeat(random() < 0.8 ? levels : 0)}`;
  return random() < 0.5 ? `{"type":"verify","aud":"fuzzed","reference":{"data":${json}}}` : json;
}

/** Flips, removes, repeats or inserts a few bytes. */
export function bytesOf(bytes: Buffer, random: () => number): Buffer {
  let out = bytes;
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--) {
    const at = Math.floor(random() * out.length);
    const kind = Math.floor(random() * 4);
    if (kind === 0 && out.length > 0) out[at] = Math.floor(random() * 256);
    else if (kind === 1) out = Buffer.concat([out.subarray(0, at), out.subarray(at + 1 + Math.floor(random() * 40))]);
    else if (kind === 2) out = Buffer.concat([out.subarray(0, at), out.subarray(at, at + 20), out.subarray(at)]);
    else out = Buffer.concat([out.subarray(0, at), Buffer.from([Math.floor(random() * 256)]), out.subarray(at)]);
  }
  return out;
}

const STRANGE: readonly unknown[] = [
  null,
  undefined,
  true,
  -1,
  1e308,
  "",
  "x".repeat(5_000),
  [],
  {},
  [[]],
  "\u0000",
  "１",
  -0,
  2 ** 53,
  { toString: 1 },
  "__proto__",
  { length: 1e9 },
  "2026-01-01",
  Number.MIN_VALUE,
];

/** Some value, somewhere in the claims, is another one. */
export function changed(value: unknown, random: () => number, depth = 0): unknown {
  const isDeep = typeof value === "object" && value !== null && depth < 3;
  if (!isDeep || random() < 0.15) return STRANGE[Math.floor(random() * STRANGE.length)];
  const keys = Object.keys(value);
  const key = keys[Math.floor(random() * keys.length)] ?? "new";
  return { ...value, [key]: changed((value as Record<string, unknown>)[key], random, depth + 1) };
}
