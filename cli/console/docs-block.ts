import { readFile, writeFile } from "node:fs/promises";

/** Replaces the content of a page between its marks `<!-- name -->` and `<!-- /name -->`. Throws if a mark is missing. */
export function replaceBlock(page: string, name: string, block: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->\n`];
  const [before, rest] = page.split(start);
  const [, after] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined) throw new Error(`the marks <!-- ${name} --> are missing`);
  return `${before}${start}${block}${end}${after}`;
}

/** Replaces a block of a page on the disk, so that a new run replaces the tables of the last run. */
export async function writeBlock(path: string, name: string, block: string): Promise<void> {
  await writeFile(path, replaceBlock(await readFile(path, "utf8"), name, block));
}
