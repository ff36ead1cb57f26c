/** What a JSON text may be at most. */
export interface JsonBounds {
  readonly bytes: number;
  /** Levels of arrays and objects in each other. */
  readonly depth: number;
}

/**
 * JSON.parse for what others send. Size and nesting are checked before the parser sees the text: a few megabytes of `[`
 * cost the parser, and whatever walks its result, seconds and gigabytes. Throws RangeError beyond the bounds, and
 * SyntaxError or TypeError when it is no JSON in UTF-8.
 */
export function parseJson(json: Uint8Array | string, { bytes, depth }: JsonBounds): unknown {
  if (json.length > bytes) throw new RangeError(`it has ${json.length} bytes, and at most ${bytes} are read`);
  const encoded = typeof json === "string" ? Buffer.from(json) : json;
  if (depthOf(encoded) > depth) throw new RangeError(`it is nested deeper than ${depth} levels`);
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(encoded));
}

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPENING, CLOSING] = [new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];

function depthOf(json: Uint8Array): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let i = 0; i < json.length; i++) {
    const byte = json[i] ?? 0;
    if (byte === QUOTE) inString = !inString;
    else if (inString && byte === BACKSLASH) i++;
    else if (!inString && OPENING.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (!inString && CLOSING.has(byte)) depth--;
  }
  return deepest;
}
