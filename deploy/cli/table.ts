import Table from "cli-table3";
import { tell } from "./tell.ts";

/** Prints rows under a head. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  tell(table.toString());
}
