/** A row's cells, and the line of the file that they stand in. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of a CSV file whose cells may be quoted (RFC 4180), but have no line break; empty lines are left out. Pure. */
export function rowsOf(text: string): readonly Row[] {
  return linesOf(text)
    .map((line, i): Row => ({ line: i + 1, cells: cellsOf(line) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""));
}

/** The lines of a text, without the byte order mark that spreadsheets write. */
export function linesOf(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/);
}

/** Each cell ends with a comma, the last one too: so an empty cell is one wherever it is. */
function cellsOf(line: string): readonly string[] {
  return [...`${line},`.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*)),/g)].map(([, quoted, plain]) =>
    (quoted?.replaceAll('""', '"') ?? plain ?? "").trim(),
  );
}

/** A text as a cell: quoted where it has a comma, a quote or a line break. */
export function toCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
