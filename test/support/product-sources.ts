import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { filesBelow, readText } from "./sources.ts";

/** The product's own folders; `test/` is not shipped. */
const FOLDERS = ["carrier", "cli", "deploy", "device", "drivers", "gateway", "guide", "models", "protocol", "workshop"];

/** One source file of the product: its path from the root, its text, and what it imports. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** Paths from the root of our own files. */
  readonly imports: readonly string[];
  /** Names of npm packages. */
  readonly packages: readonly string[];
}

/** All TypeScript sources of the product. */
export function productSources(): readonly Source[] {
  return FOLDERS.flatMap((folder) => filesBelow(folder))
    .filter((path) => path.endsWith(".ts"))
    .map(readSource);
}

function readSource(path: string): Source {
  const text = readText(path);
  const named = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const required = [...text.matchAll(/createRequire\(import\.meta\.url\)\("([^"]+)"\)/g)].map(([, name = ""]) => name);
  const own = named.filter((name) => name.startsWith("."));
  const foreign = [...named, ...required].filter((name) => !name.startsWith(".") && !name.startsWith("node:"));
  return {
    path,
    text,
    imports: own.map((name) => normalize(join(dirname(path), name))),
    packages: [...new Set(foreign.map(packageOf))],
  };
}

function packageOf(name: string): string {
  const parts = name.split("/");
  return parts.slice(0, name.startsWith("@") ? 2 : 1).join("/");
}
