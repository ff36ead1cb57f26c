import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One picture of a labelled set: whose it is, and its file. */
export interface Sample {
  readonly subject: string;
  readonly file: string;
}

/** A labelled set: its pictures, and the pairs (indices: reference, probe) that are compared. */
export interface LabelledSet {
  readonly name: string;
  readonly samples: readonly Sample[];
  readonly pairs: readonly (readonly [reference: number, probe: number])[];
}

/** A folder of folders, one a subject: every ordered pair of different pictures. */
export async function readSubjects(name: string, folder: string): Promise<LabelledSet> {
  const samples: Sample[] = [];
  for (const subject of (await readdir(folder)).sort()) {
    for (const file of (await readdir(join(folder, subject))).sort()) {
      samples.push({ subject, file: join(folder, subject, file) });
    }
  }
  const indices = samples.map((_, i) => i);
  const pairs = indices.flatMap((a) => indices.filter((b) => b !== a).map((b) => [a, b] as const));
  return { name, samples, pairs };
}

/** A file `pairs.csv` with a header and lines `a,b,same`; `a` is the reference, and folders name the subjects. */
export async function readPairs(name: string, folder: string): Promise<LabelledSet> {
  const lines = (await readFile(join(folder, "pairs.csv"), "utf8")).trim().split("\n").slice(1);
  const samples: Sample[] = [];
  const places = new Map<string, number>();
  const place = (path: string) => {
    const known = places.get(path);
    if (known !== undefined) return known;
    samples.push({ subject: path.split("/")[0] ?? path, file: join(folder, path) });
    places.set(path, samples.length - 1);
    return samples.length - 1;
  };
  const pairs = lines.map((line) => {
    const [a = "", b = ""] = line.trim().split(",");
    return [place(a), place(b)] as const;
  });
  return { name, samples, pairs };
}
