import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { print } from "./print.ts";

/** The width if the terminal's is unknown. */
const USUAL_COLUMNS = 110;
/** The padding of a cell: two spaces. */
const PADDING = 2;

/** Prints a table that fits the terminal: long cells are wrapped at words, and no word is cut. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = columnWidths([head, ...rows], process.stdout.columns ?? USUAL_COLUMNS);
  const wrapped = widths ? { colWidths: [...widths], wordWrap: true } : {};
  // Rows of one line need no rules between them.
  const style = { head: [], border: [], compact: widths === undefined };
  const table = new Table({ head: [...head], style, ...wrapped });
  for (const row of rows) table.push([...row]);
  print(table.toString());
}

/** The widths of columns whose rows must be wrapped to fit; undefined when they need not. Pure. */
export function columnWidths(rows: readonly (readonly string[])[], columns: number): readonly number[] | undefined {
  const count = Math.max(...rows.map((row) => row.length));
  const widest = (measure: (cell: string) => number) =>
    Array.from({ length: count }, (_, i) => PADDING + Math.max(...rows.map((row) => measure(row[i] ?? ""))));
  const widths = widest(lengthOf);
  const least = widest((cell) => Math.max(...cell.split(/\s+/).map(lengthOf)));
  const available = columns - count - 1;
  if (sum(widths) <= available) return undefined;
  while (sum(widths) > available) {
    const shrinkable = widths.map((width, i) => (width > (least[i] ?? 0) ? width : 0));
    const largest = shrinkable.indexOf(Math.max(...shrinkable));
    if (shrinkable[largest] === 0) break;
    widths[largest] = (widths[largest] ?? 0) - 1;
  }
  return widths;
}

function lengthOf(text: string): number {
  return Math.max(
    ...stripVTControlCharacters(text)
      .split("\n")
      .map(({ length }) => length),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
