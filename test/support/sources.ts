import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

/** A document or any other file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(PACKAGE_FOLDER, path), "utf8");
}

/** The paths, from the root, of all files below a folder. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(PACKAGE_FOLDER, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(PACKAGE_FOLDER, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => !/(^|\/)(build|node_modules)\/|\/dist\//.test(path));
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
