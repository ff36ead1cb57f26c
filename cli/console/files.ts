import { readFile } from "node:fs/promises";
import { type JsonBounds, parseJson } from "../../protocol/encoding/bounded-json.ts";

/** Reads a file that an option names. Throws an error with the path and the expected content. */
export async function readNamed(file: string, what: string): Promise<Buffer> {
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read (${cause.code}). It should be ${what}.`, { cause });
  });
}

/** Reads the JSON object of such a file. The caller checks its type. Errors never show the content, which may be a key. */
export async function readJson<T extends object>(file: string, what: string): Promise<T> {
  return jsonOf((await readNamed(file, what)).toString("utf8"), file, what);
}

/** Parses the JSON object of such a file, within bounds if there are any. */
export function jsonOf<T extends object>(text: string, file: string, what: string, bounds?: JsonBounds): T {
  try {
    const read: unknown = bounds ? parseJson(text, bounds) : JSON.parse(text);
    if (typeof read === "object" && read !== null) return read as T;
  } catch {
    // The error below names the file.
  }
  throw new Error(`${file} contains no JSON object. It should be ${what}.`);
}
