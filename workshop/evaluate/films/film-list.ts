import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabelError } from "../sets.ts";

/** One film of a list: its kind and its person. */
export interface LabelledFilm {
  readonly file: string;
  readonly name: string;
  /** A kind that begins with `live` is bona fide. Every other kind is the species of an attack. */
  readonly kind: string;
  readonly person: string;
}

/** Reads a CSV file whose header names `file`, `kind` and `person` among others; cells may be quoted. Throws LabelError. */
export async function readFilmList(csv: string, root = dirname(csv)): Promise<readonly LabelledFilm[]> {
  const text = await readFile(csv, "utf8").catch((cause: unknown) => {
    throw new LabelError(`the films in ${csv} cannot be read`, { cause });
  });
  const [head = [], ...rows] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map(cellsOf);
  const places = ["file", "kind", "person"].map((name) => head.indexOf(name));
  if (places.includes(-1)) throw new LabelError(`${csv}, line 1: the header should name file, kind and person`);
  const films = rows.map((row) => {
    const [name = "", kind = "", person = ""] = places.map((place) => row[place] ?? "");
    return { name, kind, person, file: join(root, name) };
  });
  if (films.length === 0) throw new LabelError(`${csv} names no film`);
  return films;
}

function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    (quoted?.replaceAll('""', '"') ?? plain ?? "").trim(),
  );
}

export function isBonaFide({ kind }: Pick<LabelledFilm, "kind">): boolean {
  return kind.startsWith("live");
}
