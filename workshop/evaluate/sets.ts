import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { allPairs, listedPairs, type Pairs } from "./pairs.ts";

/** A picture of a labelled set: its subject (if known), its path in the set, and its file. */
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

/** Invalid labels. The message says where, and what is expected. */
export class LabelError extends Error {
  override readonly name = "LabelError";
}

const IMAGE = /\.(jpe?g|png)$/i;

/**
 * Reads a folder with a folder for each subject: every ordered pair of different pictures. Throws LabelError if it is
 * not one.
 */
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
 * Reads a CSV file with the header `a,b,same` and a pair per line: the reference's path, the probe's path (below
 * `root`), and 1 for the same person or 0. Throws LabelError with the wrong line.
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
  const pairs = (await readCsv(csv, ["a", "b", "same"])).map(({ line, cells: [a = "", b = "", same = ""] }) => {
    if (same !== "0" && same !== "1") throw new LabelError(`${csv}, line ${line}: same should be 0 or 1`);
    return { reference: place(a), probe: place(b), same: same === "1" };
  });
  return { name, samples, pairs: listedPairs(pairs) };
}

/** The cells of a row, and its line in the file. */
interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads a plain CSV file (no quotes) whose header names these columns first; empty lines are skipped. Throws LabelError. */
export async function readCsv(file: string, columns: readonly string[]): Promise<readonly Row[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new LabelError(`the labels in ${file} cannot be read`, { cause });
  });
  const rows = text
    .split(/\r?\n/)
    .map((text, i): Row => ({ line: i + 1, cells: text.split(",").map((cell) => cell.trim()) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""));
  const [head] = rows;
  if (!columns.every((column, i) => head?.cells[i]?.toLowerCase() === column)) {
    throw new LabelError(`${file} should begin with the line "${columns.join(",")}"`);
  }
  const wrong = rows.find(({ cells }) => cells.length < columns.length || cells.slice(0, columns.length).includes(""));
  if (wrong) throw new LabelError(`${file}, line ${wrong.line} should have ${columns.length} cells`);
  return rows.slice(1);
}

/** Labels by path: `path,<label>` a line. */
export async function readLabels(file: string, label: string): Promise<ReadonlyMap<string, string>> {
  return new Map((await readCsv(file, ["path", label])).map(({ cells: [path = "", value = ""] }) => [path, value]));
}
