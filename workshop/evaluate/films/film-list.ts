import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Row, rowsOf } from "../csv.ts";
import { isBonaFideLabel, LabelError } from "../sets.ts";

/** One film of a list: its kind and its person. */
export interface LabelledFilm {
  readonly file: string;
  readonly name: string;
  /** Bona fide, as `isBonaFideLabel` says, or the species of an attack. */
  readonly kind: string;
  readonly person: string;
}

const COLUMNS = ["file", "kind", "person"] as const;

/**
 * Reads a CSV file whose header names `file`, `kind` and `person` among others; cells may be quoted. Throws LabelError, also
 * where a film is not there.
 */
export async function readFilmList(csv: string, root = dirname(csv)): Promise<readonly LabelledFilm[]> {
  const text = await readFile(csv, "utf8").catch((cause: unknown) => {
    throw new LabelError(`the films in ${csv} cannot be read`, { cause });
  });
  const [head, ...rows] = rowsOf(text);
  const places = COLUMNS.map((name) => head?.cells.indexOf(name) ?? -1);
  if (places.includes(-1)) throw new LabelError(`${csv}, line 1: the header should name file, kind and person`);
  const lines = new Map<string, number>();
  const films = rows.map((row) => filmOf(csv, root, places, row, lines));
  if (films.length === 0) throw new LabelError(`${csv} names no film`);
  await requireFiles(csv, films);
  return films;
}

/** The film of a row. `lines` has the lines of the films before it. */
function filmOf(
  csv: string,
  root: string,
  places: readonly number[],
  { line, cells }: Row,
  lines: Map<string, number>,
): LabelledFilm {
  const [name = "", kind = "", person = ""] = places.map((place) => cells[place] ?? "");
  const empty = COLUMNS.find((_, i) => [name, kind, person][i] === "");
  if (empty) throw new LabelError(`${csv}, line ${line}: ${empty} is empty`);
  const before = lines.get(name);
  if (before) throw new LabelError(`${csv}, line ${line}: ${name} is in line ${before} already`);
  lines.set(name, line);
  return { name, kind, person, file: join(root, name) };
}

async function requireFiles(csv: string, films: readonly LabelledFilm[]): Promise<void> {
  const found = await Promise.allSettled(films.map(({ file }) => access(file)));
  const missing = films.filter((_, i) => found[i]?.status === "rejected");
  const [first] = missing;
  if (!first) return;
  const others = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
  throw new LabelError(`${csv}: there is no ${first.file}${others}; --root says what its paths are below`);
}

export function isBonaFide({ kind }: Pick<LabelledFilm, "kind">): boolean {
  return isBonaFideLabel(kind);
}
