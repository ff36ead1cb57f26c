import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { allPairs, listedPairs, type Pairs } from "./pairs.ts";

/** One picture of a labelled set: whose it is (where known), the path the set calls it by, and its file. */
export interface Sample {
  readonly subject: string;
  readonly path: string;
  readonly file: string;
}

/** A labelled set: its pictures, and the pairs that are compared. */
export interface LabelledSet {
  readonly name: string;
  readonly samples: readonly Sample[];
  readonly pairs: Pairs;
}

/** Labels that cannot be read. Its message says where, and what is expected. */
export class LabelError extends Error {
  override readonly name = "LabelError";
}

const IMAGE = /\.(jpe?g|png)$/i;

/** A folder of folders, one a subject: every ordered pair of different pictures. Throws LabelError when it is none. */
export async function readSubjects(name: string, folder: string): Promise<LabelledSet> {
  const samples: Sample[] = [];
  for (const subject of await subjectsOf(folder)) {
    const files = (await readdir(join(folder, subject))).filter((file) => IMAGE.test(file)).sort();
    for (const file of files) {
      samples.push({ subject, path: `${subject}/${file}`, file: join(folder, subject, file) });
    }
  }
  if (samples.length === 0) {
    throw new LabelError(`${folder} holds no pictures: it should hold a folder for each subject, with JPEGs or PNGs`);
  }
  return { name, samples, pairs: allPairs(samples.map(({ subject }) => subject)) };
}

async function subjectsOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new LabelError(`the folder ${folder} cannot be read`, { cause });
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/**
 * A CSV file with the header `a,b,same` and a pair a line: the reference's path, the probe's path (below `root`), and 1
 * for the same person or 0. Throws LabelError with the line that breaks this.
 */
export async function readPairs(name: string, csv: string, root: string): Promise<LabelledSet> {
  const samples: Sample[] = [];
  const places = new Map<string, number>();
  const place = (path: string) => {
    const known = places.get(path) ?? samples.length;
    if (!places.has(path)) samples.push({ subject: path.split("/")[0] ?? path, path, file: join(root, path) });
    places.set(path, known);
    return known;
  };
  const pairs = (await readCsv(csv, ["a", "b", "same"])).map(([a = "", b = "", same = ""], i) => {
    if (same !== "0" && same !== "1") throw new LabelError(`${csv}, line ${i + 2}: same should be 0 or 1`);
    return { reference: place(a), probe: place(b), same: same === "1" };
  });
  return { name, samples, pairs: listedPairs(pairs) };
}

/**
 * Reads a plain CSV file (no quotes) with these columns first; a header that names them may be there or not, unless it
 * must (`a,b,same`). Gives the rows' cells. Throws LabelError.
 */
export async function readCsv(file: string, columns: readonly string[]): Promise<readonly (readonly string[])[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new LabelError(`the labels in ${file} cannot be read`, { cause });
  });
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => line.split(",").map((cell) => cell.trim()));
  const [head = []] = rows;
  if (!columns.every((column, i) => head[i]?.toLowerCase() === column)) {
    throw new LabelError(`${file} should begin with the line "${columns.join(",")}"`);
  }
  const wrong = rows.findIndex((row) => row.length < columns.length || row.slice(0, columns.length).includes(""));
  if (wrong >= 0) throw new LabelError(`${file}, line ${wrong + 1} should have ${columns.length} cells`);
  return rows.slice(1);
}

/** Labels by path: `path,<label>` a line. */
export async function readLabels(file: string, label: string): Promise<ReadonlyMap<string, string>> {
  return new Map((await readCsv(file, ["path", label])).map(([path = "", value = ""]) => [path, value]));
}
