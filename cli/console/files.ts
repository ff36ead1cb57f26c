import { readFile } from "node:fs/promises";
import { type JsonBounds, parseJson } from "../../protocol/encoding/bounded-json.ts";

/** Reads a file that a command's option names. Throws an error that says which, and what it should have been. */
export async function readNamed(file: string, what: string): Promise<Buffer> {
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read (${cause.code}). It should be ${what}.`, { cause });
  });
}

/** The JSON object of such a file, as the type that its reader checks. Never shows what the file holds: it may be a key. */
export async function readJson<T extends object>(file: string, what: string): Promise<T> {
  return jsonOf((await readNamed(file, what)).toString("utf8"), file, what);
}

/** The JSON object in the text of such a file, within bounds where there are some. */
export function jsonOf<T extends object>(text: string, file: string, what: string, bounds?: JsonBounds): T {
  try {
    const read: unknown = bounds ? parseJson(text, bounds) : JSON.parse(text);
    if (typeof read === "object" && read !== null) return read as T;
  } catch {
    // Said below, in words that name the file.
  }
  throw new Error(`${file} holds no JSON object. It should be ${what}.`);
}
