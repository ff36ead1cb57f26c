import { readFile } from "node:fs/promises";
import { SettingsRefused } from "./settings.ts";

/** Reads a JSON file that a setting names. Throws SettingsRefused. */
export async function readJson<T>(path: string): Promise<T> {
  const text = await readText(path);
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw refused(path, error);
  }
}

/** Reads a file that a setting names. Throws SettingsRefused. */
export function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error) => {
    throw refused(path, error);
  });
}

/** The file cannot be used. */
export function refused(path: string, cause: unknown): SettingsRefused {
  return new SettingsRefused(`${path} cannot be used: ${cause instanceof Error ? cause.message : cause}`, { cause });
}
