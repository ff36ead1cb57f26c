import { readFile, writeFile } from "node:fs/promises";

/**
 * Replaces what stands between two marks of a page, `<!-- name -->` and `<!-- /name -->`, so that a new run replaces the
 * tables of the last. Throws when the page has lost its marks.
 */
export async function writeBlock(page: string, name: string, block: string): Promise<void> {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->\n`];
  const [before, rest] = (await readFile(page, "utf8")).split(start);
  const [, after] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined) throw new Error(`${page} has lost its marks <!-- ${name} -->`);
  await writeFile(page, `${before}${start}${block}${end}${after}`);
}
