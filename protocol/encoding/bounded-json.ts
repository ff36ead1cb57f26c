/** The bounds of a JSON text. */
export interface JsonBounds {
  readonly bytes: number;
  /** Levels of arrays and objects in each other. */
  readonly depth: number;
}

/**
 * JSON.parse for messages from outside. Size and nesting are checked before the parser reads the text, because a few
 * megabytes of `[` cost the parser seconds and gigabytes. Throws RangeError beyond the bounds, and SyntaxError or TypeError
 * if the text is not JSON in UTF-8.
 */
export function parseJson(json: Uint8Array | string, { bytes, depth }: JsonBounds): unknown {
  if (json.length > bytes) throw new RangeError(`it has ${json.length} bytes, and at most ${bytes} are read`);
  const encoded = typeof json === "string" ? Buffer.from(json) : json;
  if (depthOf(encoded) > depth) throw new RangeError(`it is nested deeper than ${depth} levels`);
  return JSON.parse(UTF8.decode(encoded));
}

/** Made once: it keeps nothing from one call to the next. */
const UTF8 = new TextDecoder("utf-8", { fatal: true });

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPENING, CLOSING] = [new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

function depthOf(json: Uint8Array): number {
  let [depth, deepest] = [0, 0];
  for (let i = 0; i < json.length; i++) {
    const byte = json[i] ?? 0;
    if (byte === QUOTE) i = endOfString(json, i + 1);
    else if (OPENING.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.has(byte)) depth--;
  }
  return deepest;
}

/** The position of the quotation mark that ends a string: the first with an even number of backslashes before it. */
function endOfString(json: Uint8Array, from: number): number {
  for (let at = json.indexOf(QUOTE, from); at >= 0; at = json.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (at - slashes > from && json[at - slashes - 1] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return json.length;
}

/** A JSON text in two parts: the content of one string, and the text with `instead` in its place. */
export interface Cut {
  readonly json: Uint8Array;
  /** The same memory as in the text that was cut; undefined when there is no such string. */
  readonly content: Uint8Array | undefined;
}

/**
 * Takes the string at a path of names out of a JSON object, unparsed, so that it never becomes a JavaScript string. Names
 * with escapes are not found, and the parser's bound on bytes then refuses a long string. Throws SyntaxError when there
 * are two.
 */
export function cutString(json: Uint8Array, names: readonly string[], instead: string): Cut {
  let content: Uint8Array | undefined;
  for (const { path, string } of strings(json)) {
    if (path.length !== names.length || path.some((name, i) => name !== names[i])) continue;
    if (content) throw new SyntaxError(`${names.join(".")} stands there twice`);
    content = string;
  }
  if (!content) return { json, content };
  const from = content.byteOffset - json.byteOffset;
  const rest = [json.subarray(0, from), Buffer.from(instead), json.subarray(from + content.length)];
  return { json: Buffer.concat(rest), content };
}

/** What may be a name that is looked for. */
const NAME_BYTES = 32;
/** The depth of the search. */
const LEVELS = 64;

/** The strings of a JSON text that are values, each with the names that lead to it. */
function* strings(json: Uint8Array): Generator<{ readonly path: readonly string[]; readonly string: Uint8Array }> {
  const path: string[] = [];
  for (let i = 0; i < json.length && path.length < LEVELS; i++) {
    const byte = json[i] ?? 0;
    if (OPENING.has(byte)) path.push("");
    else if (CLOSING.has(byte)) path.pop();
    if (byte !== QUOTE) continue;
    const end = endOfString(json, i + 1);
    const string = json.subarray(i + 1, end);
    if (isName(json, end + 1)) path[path.length - 1] = Buffer.from(string.subarray(0, NAME_BYTES)).toString("latin1");
    else yield { path, string };
    i = end;
  }
}

function isName(json: Uint8Array, after: number): boolean {
  let at = after;
  while (SPACE.has(json[at] ?? 0)) at++;
  return json[at] === COLON;
}
