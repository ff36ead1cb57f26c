import { readdir, readFile, stat } from "node:fs/promises";
import { join, normalize, relative } from "node:path";
import { linesOf, type Row, rowsOf } from "./csv.ts";
import { allPairs, listedPairs, type Pairs } from "./scores/pairs.ts";

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
  /** The number of files in the folder that are no pictures which can be read. */
  readonly otherFiles?: number;
  /** The pairs of a list that are not compared. */
  readonly leftOut?: PairsLeftOut;
}

/** Pairs that say nothing: a picture with itself, and a pair that the list has already. */
export interface PairsLeftOut {
  readonly withItself: number;
  readonly repeated: number;
}

/** Invalid labels. The message says where, and what is expected. */
export class LabelError extends Error {
  override readonly name = "LabelError";
}

/** Whether a label of presentations says that a person was there. Every other label is the species of an attack. */
export function isBonaFideLabel(label: string): boolean {
  return /^(live|bona[ _-]?fide)/i.test(label);
}

const IMAGE = /\.(jpe?g|jfif|png|bmp)$/i;
/** What systems put beside pictures: hidden files, and macOS its folder in archives. */
const OF_THE_SYSTEM = /^(\.|__MACOSX$)/;

/**
 * A folder of folders, one a subject, with pictures at any depth: every ordered pair of different pictures. Links are
 * followed. Throws LabelError when there are none.
 */
export async function readSubjects(name: string, folder: string): Promise<LabelledSet> {
  const samples: Sample[] = [];
  let otherFiles = 0;
  for (const subject of await subjectsOf(folder)) {
    const files = await filesBelow(join(folder, subject));
    const pictures = files.filter((file) => IMAGE.test(file)).sort();
    for (const file of pictures) samples.push({ subject, path: relative(folder, file), file });
    otherFiles += files.length - pictures.length;
  }
  if (samples.length === 0) {
    throw new LabelError(
      `${folder} holds no pictures: it should hold a folder for each subject, with JPEGs, PNGs or BMPs`,
    );
  }
  return { name, samples, pairs: allPairs(samples.map(({ subject }) => subject)), otherFiles };
}

async function subjectsOf(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder).catch((cause: unknown) => {
    throw new LabelError(`the folder ${folder} cannot be read`, { cause });
  });
  const folders = await Promise.all(names.map((name) => isFolder(join(folder, name))));
  return names.filter((_, i) => folders[i]).sort();
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !OF_THE_SYSTEM.test(name));
}

/** A link to nothing is a file: when it is read, it is reported. */
async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new LabelError(`${path} cannot be read`, { cause: error });
  });
  return found?.isDirectory() ?? false;
}

/** The deepest level of folders. A link to a folder above ends here. */
const DEPTH_LIMIT = 8;

async function filesBelow(folder: string, depth = 0): Promise<readonly string[]> {
  if (depth > DEPTH_LIMIT) return [];
  const found = await Promise.all(
    (await namesIn(folder)).map(async (name) => {
      const path = join(folder, name);
      return (await isFolder(path)) ? filesBelow(path, depth + 1) : [path];
    }),
  );
  return found.flat();
}

/**
 * Reads a CSV file with the header `a,b,same` and a pair per line: the reference's path, the probe's path (below
 * `root`), and 1 for the same person or 0. Throws LabelError with the wrong line.
 */
export async function readPairs(name: string, csv: string, root: string): Promise<LabelledSet> {
  const rows = (await readCsv(csv, ["a", "b", "same"])).map(({ line, cells: [a = "", b = "", same = ""] }) => {
    if (same !== "0" && same !== "1") throw new LabelError(`${csv}, line ${line}: same should be 0 or 1`);
    return { a, b, same: same === "1" };
  });
  return pairsOf(name, csv, root, rows);
}

/** A pair by the paths of its pictures. */
interface NamedPair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
  readonly fold?: number;
}

function pairsOf(name: string, file: string, root: string, rows: readonly NamedPair[]): LabelledSet {
  const { kept, ...leftOut } = usefulPairs(file, rows);
  if (kept.length === 0) throw new LabelError(`${file} names no pairs of two pictures`);
  const subjectOf = subjectByPath(kept.flatMap(({ a, b }) => [a, b]));
  const samples: Sample[] = [];
  const places = new Map<string, number>();
  const place = (path: string) => {
    const known = places.get(path) ?? samples.length;
    if (!places.has(path)) samples.push({ subject: subjectOf(path), path, file: join(root, path) });
    places.set(path, known);
    return known;
  };
  const pairs = kept.map(({ a, b, ...rest }) => ({ reference: place(a), probe: place(b), ...rest }));
  return { name, samples, pairs: listedPairs(pairs), leftOut };
}

/** The pairs of two pictures, each once. Throws LabelError if the list contradicts itself. */
function usefulPairs(file: string, rows: readonly NamedPair[]) {
  const known = new Map<string, NamedPair>();
  let [withItself, repeated] = [0, 0];
  for (const row of rows) {
    const { a, b, same } = row;
    const key = JSON.stringify([a, b]);
    const before = known.get(key);
    if (before && before.same !== same) throw new LabelError(`${file} says of ${a} and ${b} both 1 and 0`);
    if (a === b) withItself++;
    else if (before) repeated++;
    else known.set(key, row);
  }
  return { kept: [...known.values()], withItself, repeated };
}

/** The person of each picture of a list: the first folder after those that all pictures share. A picture without one is its own. */
function subjectByPath(paths: readonly string[]): (path: string) => string {
  const parts = (path: string) => normalize(path).split("/");
  const [first = [], ...others] = paths.map(parts);
  let shared = 0;
  while (
    shared < first.length - 2 &&
    others.every((other) => shared < other.length - 2 && other[shared] === first[shared])
  )
    shared++;
  return (path) => parts(path)[shared] ?? path;
}

/** Whether a list of pairs is in the form of Labeled Faces in the Wild: its first line is two numbers, or one. */
export async function isLfwList(file: string): Promise<boolean> {
  const text = await readFile(file, "utf8").catch(() => "");
  return /^\d+(\s+\d+)?\s*$/.test(linesOf(text)[0] ?? "");
}

/**
 * A list of pairs as Labeled Faces in the Wild publishes them: `folds pairs` in the first line, then for each fold as many
 * genuine pairs (`name n m`) and as many impostor pairs (`name n other m`). Throws LabelError with the line that breaks this.
 */
export async function readLfwPairs(name: string, file: string, root: string): Promise<LabelledSet> {
  const [head = "", ...lines] = linesOf(await readFile(file, "utf8")).filter((line) => line.trim() !== "");
  const numbers = head.trim().split(/\s+/).map(Number);
  const each = 2 * (numbers[1] ?? numbers[0] ?? 0);
  const path = (who: string, number: string) => `${who}/${who}_${number.padStart(4, "0")}.jpg`;
  const rows = lines.map((line, i): NamedPair => {
    const [who = "", first = "", other = "", second] = line.trim().split(/\s+/);
    if (!/^\d+$/.test(second ?? other))
      throw new LabelError(`${file}, pair ${i + 1} should be "name n m" or "name n other m"`);
    const [a, fold] = [path(who, first), Math.floor(i / each)];
    return second === undefined
      ? { a, b: path(who, other), same: true, fold }
      : { a, b: path(other, second), same: false, fold };
  });
  return pairsOf(name, file, root, rows);
}

/** Reads a CSV file whose header names these columns first; empty lines are skipped. Throws LabelError. */
async function readCsv(file: string, columns: readonly string[]): Promise<readonly Row[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new LabelError(`the labels in ${file} cannot be read`, { cause });
  });
  const rows = rowsOf(text);
  const [head] = rows;
  if (!columns.every((column, i) => head?.cells[i]?.toLowerCase() === column)) {
    throw new LabelError(`${file} should begin with the line "${columns.join(",")}"`);
  }
  const wrong = rows.find(({ cells }) => cells.length < columns.length || cells.slice(0, columns.length).includes(""));
  if (wrong) throw new LabelError(`${file}, line ${wrong.line} should have ${columns.length} cells`);
  if (rows.length === 1) throw new LabelError(`${file} has no lines after its head`);
  return rows.slice(1);
}

/** Labels by path: `path,<label>` a line. Throws LabelError, also where a path has two labels. */
export async function readLabels(file: string, label: string): Promise<ReadonlyMap<string, string>> {
  const labels = new Map<string, string>();
  for (const { line, cells } of await readCsv(file, ["path", label])) {
    const [path = "", value = ""] = cells;
    const before = labels.get(path) ?? value;
    if (before !== value) throw new LabelError(`${file}, line ${line}: ${path} is ${before} in a line before`);
    labels.set(path, value);
  }
  return labels;
}
