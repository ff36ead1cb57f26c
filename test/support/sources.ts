import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import ts from "typescript";
import { PACKAGE_FOLDER } from "../../device/paths.ts";

/** The product's own folders; `test/` is not shipped. */
const FOLDERS = ["carrier", "deploy", "device", "drivers", "models"];

/** One source file of the product: its path from the root, its text, and what it imports. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** Paths from the root of our own files. */
  readonly imports: readonly string[];
  /** Names of npm packages. */
  readonly packages: readonly string[];
}

/** A document or any other file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(PACKAGE_FOLDER, path), "utf8");
}

/** All TypeScript sources of the product. */
export function productSources(): readonly Source[] {
  return FOLDERS.flatMap((folder) => filesBelow(folder))
    .filter((path) => path.endsWith(".ts"))
    .map(readSource);
}

/** The paths, from the root, of all files below a folder. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(PACKAGE_FOLDER, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(PACKAGE_FOLDER, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => !/(^|\/)(build|node_modules)\//.test(path));
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

/** The lines of a fenced block of a Markdown document, by the word after its opening fence. */
export function fencedLines(document: string, word: string): readonly string[] {
  const block = new RegExp(`^\`\`\`${word}\n([\\s\\S]*?)^\`\`\``, "m").exec(document)?.[1];
  if (block === undefined) throw new Error(`the document has no block "${word}"`);
  return block.trimEnd().split("\n");
}

/** The rows of every table of a Markdown document, cells without their back quotes. */
export function tableRows(document: string): readonly (readonly string[])[] {
  return document
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
    .map((line) =>
      line
        .slice(2, -2)
        .split(" | ")
        .map((cell) => cell.trim()),
    );
}
