import Table from "cli-table3";
import { print } from "./print.ts";

/** Prints a table. With `widths`, in characters, long cells are wrapped at words. */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths?: readonly number[],
): void {
  const wrapped = widths ? { colWidths: [...widths], wordWrap: true } : {};
  const table = new Table({ head: [...head], style: { head: [], border: [] }, ...wrapped });
  for (const row of rows) table.push([...row]);
  print(table.toString());
}
