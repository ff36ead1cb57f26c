import { z } from "zod";

/** How far a body goes for each of its targets: by name, how much of each; 0 is not at all. */
export type Shape = Readonly<Record<string, number>>;

/** The targets that a body can be bent towards. */
export interface Morphs {
  /** The targets' paths without folder and ending, such as `nose/nose-hump-incr`, sorted. */
  readonly names: readonly string[];
  /** For each target the way of each coordinate, in thousandths of a decimetre. */
  readonly ways: Int16Array;
}

const FOLDER = "data/targets/";
const ENDING = ".target";
const UNIT = 1e-3;

const listSchema = z.object({ targets: z.record(z.string(), z.unknown()) });

/** Reads MakeHuman's list of targets and their ways, one after the other in the order of their paths. Throws ZodError. */
export function readMorphs(list: unknown, bytes: Uint8Array): Morphs {
  const paths = Object.keys(listSchema.parse(list).targets).sort();
  const names = paths.map((path) => path.slice(FOLDER.length, -ENDING.length));
  // A file's bytes may lie at an odd place in memory, where there can be no 16-bit numbers.
  const ways = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return { names, ways };
}

/** A body's coordinates bent into a shape. Throws RangeError when the shape names no target. */
export function bend(vertices: Float32Array, { names, ways }: Morphs, shape: Shape): Float32Array {
  const bent = Float32Array.from(vertices);
  for (const [name, share] of Object.entries(shape)) {
    const place = names.indexOf(name);
    if (place < 0) throw new RangeError(`there is no target ${name}`);
    const start = place * vertices.length;
    for (let i = 0; i < bent.length; i++) bent[i] = (bent[i] as number) + share * UNIT * (ways[start + i] as number);
  }
  return bent;
}
