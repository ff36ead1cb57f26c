/** Two samples (by index) that are compared: a reference and a probe, and whether they are the same person. */
export interface Pair {
  readonly reference: number;
  readonly probe: number;
  readonly same: boolean;
  /** The part of a protocol with cross-validation that the pair belongs to. */
  readonly fold?: number;
}

/** The roles of a picture in comparisons. */
export interface Roles {
  readonly reference: boolean;
  readonly probe: boolean;
}

/** Whether the sample at an index counts. */
export type Counts = (index: number) => boolean;

/** The pairs of a set. They can exceed memory, so they are counted, and generated one by one. */
export interface Pairs extends Iterable<Pair> {
  readonly genuine: number;
  readonly impostor: number;
  /** The roles in which the sample at this index is compared. */
  rolesOf(index: number): Roles;
  /** Only the pairs of which both sides count. */
  among(references: Counts, probes: Counts): Pairs;
}

/** Pairs from a list. */
export function listedPairs(pairs: readonly Pair[]): Pairs {
  const [references, probes] = [new Set(pairs.map((pair) => pair.reference)), new Set(pairs.map((pair) => pair.probe))];
  const genuine = pairs.filter(({ same }) => same).length;
  return {
    genuine,
    impostor: pairs.length - genuine,
    rolesOf: (index) => ({ reference: references.has(index), probe: probes.has(index) }),
    among: (first, second) => listedPairs(pairs.filter(({ reference, probe }) => first(reference) && second(probe))),
    [Symbol.iterator]: () => pairs.values(),
  };
}

/** Every ordered pair of different samples; `subjects` has the subject of each. */
export function allPairs(subjects: readonly string[]): Pairs {
  const every = [...subjects.keys()];
  return pairsBetween(numbered(subjects), every, every);
}

/** A number for each subject, because it is compared for every pair and strings are slow. */
function numbered(subjects: readonly string[]): readonly number[] {
  const numbers = new Map([...new Set(subjects)].map((subject, i) => [subject, i]));
  return subjects.map((subject) => numbers.get(subject) ?? -1);
}

function pairsBetween(subjects: readonly number[], references: readonly number[], probes: readonly number[]): Pairs {
  const [asReference, asProbe] = [new Set(references), new Set(probes)];
  const themselves = references.filter((index) => asProbe.has(index)).length;
  const genuine = countSame(subjects, references, probes) - themselves;
  return {
    genuine,
    impostor: references.length * probes.length - themselves - genuine,
    rolesOf: (index) => ({
      reference: asReference.has(index) && probes.some((other) => other !== index),
      probe: asProbe.has(index) && references.some((other) => other !== index),
    }),
    among: (first, second) => pairsBetween(subjects, references.filter(first), probes.filter(second)),
    *[Symbol.iterator]() {
      for (const reference of references) {
        const subject = subjects[reference];
        for (const probe of probes) {
          if (probe !== reference) yield { reference, probe, same: subjects[probe] === subject };
        }
      }
    },
  };
}

/** The number of pairs of one subject, including a sample with itself. */
function countSame(subjects: readonly number[], references: readonly number[], probes: readonly number[]): number {
  const each = new Map<number | undefined, number>();
  for (const probe of probes) each.set(subjects[probe], (each.get(subjects[probe]) ?? 0) + 1);
  return references.reduce((sum, reference) => sum + (each.get(subjects[reference]) ?? 0), 0);
}
