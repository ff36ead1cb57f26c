import { print } from "../../cli/console/print.ts";
import { printTable } from "../../cli/console/table.ts";

/** A table of text for a terminal or a page. */
export interface TextTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function printTables(tables: readonly TextTable[]): void {
  for (const { title, head, rows } of tables) {
    print(`\n${title}`);
    printTable(head, rows);
  }
}

/** The tables as GitHub's Markdown. */
export function markdownOf(tables: readonly TextTable[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(oneLine).join(" | ")} |`;
  const one = ({ title, head, rows }: TextTable) =>
    [`${title}:`, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
  return `${tables.map(one).join("\n\n")}\n`;
}

/** A cell ends at a line break and at a bar. */
function oneLine(cell: string): string {
  return cell.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}
