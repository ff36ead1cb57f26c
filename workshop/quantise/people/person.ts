import { randomOf } from "../random.ts";
import type { Morphs, Shape } from "./morphs.ts";

/** Somebody who was never born: all that makes one drawn person another, but for the group. */
export interface Person {
  readonly sex: "female" | "male";
  /** How much of MakeHuman's old shape there is in the young one, 0…0.5. */
  readonly age: number;
  /** Nose, mouth, eyes and what else makes a face one's own. */
  readonly features: Shape;
  readonly muscle: number;
  readonly weight: number;
  /** Which hair and brows, of as many as there are: 0…1. */
  readonly hair: number;
  readonly brows: number;
}

/** The ends of MakeHuman's opposite targets, and the folders of those that shape a face. */
const OPPOSITES = [
  ["decr", "incr"],
  ["down", "up"],
  ["backward", "forward"],
  ["in", "out"],
  ["compress", "uncompress"],
  ["pointed", "triangle"],
  ["concave", "convex"],
  ["small", "big"],
] as const;
const FACIAL = /^(nose|mouth|eyes|chin|cheek|forehead|head|eyebrows|neck|ears)\//;
/** Targets that change the whole head at once, or make somebody old or fat: another part of the recipe does that. */
const COARSE = /diamond|triangular|rectangular|square|round|oval|invertedtri|age|fat|angle|head-scale|bag/;

/** Standard deviation of a feature, as a share of its target. */
const VARIETY = 0.35;

/** A random person; one seed always gives the same. Pure. */
export function newPerson(seed: number, morphs: Morphs): Person {
  const next = randomOf(seed * 7919 + 17);
  const features = Object.fromEntries(
    oppositesOf(morphs).flatMap(([less, more]) => {
      const much = Math.max(-1, Math.min(1, gaussOf(next) * VARIETY));
      return bothSides(much < 0 ? less : more, morphs).map((name) => [name, Math.abs(much)]);
    }),
  );
  const sex = next() < 0.6 ? "male" : "female";
  const age = next() < 0.3 ? next() * 0.5 : 0;
  const [hair, brows] = [next(), next()];
  return { sex, age, features, muscle: next(), weight: next(), hair, brows };
}

/** A number of the normal distribution (Box and Muller). */
export function gaussOf(next: () => number): number {
  return Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next());
}

function oppositesOf({ names }: Morphs): readonly (readonly [string, string])[] {
  const known = new Set(names.filter((name) => FACIAL.test(name) && !COARSE.test(name)));
  return [...known].flatMap((name) => {
    if (/\/l-/.test(name)) return [];
    return OPPOSITES.flatMap(([less, more]): readonly (readonly [string, string])[] => {
      const other = `${name.slice(0, -less.length)}${more}`;
      return name.endsWith(`-${less}`) && known.has(other) ? [[name, other]] : [];
    });
  });
}

/** What is done to the right is done to the left: people are nearly symmetric. */
function bothSides(name: string, { names }: Morphs): readonly string[] {
  const left = name.replace("/r-", "/l-");
  return left !== name && names.includes(left) ? [name, left] : [name];
}

/** How much of each of MakeHuman's group shapes; more than 1, with a negative share of another, exaggerates. */
export type Group = Readonly<Record<string, number>>;

/** The whole shape of a person as one of a group. Pure. */
export function shapeOf(person: Person, group: Group, { names }: Morphs): Shape {
  const { sex, age, features, muscle, weight } = person;
  const shape: Record<string, number> = { ...features };
  for (const [stage, share] of [
    ["young", 1 - age],
    ["old", age],
  ] as const) {
    if (share === 0) continue;
    for (const [name, much] of Object.entries(group)) shape[`macrodetails/${name}-${sex}-${stage}`] = much * share;
    const body = (build: string, much: number) => {
      const name = `macrodetails/universal-${sex}-${stage}-${build}`;
      if (names.includes(name)) shape[name] = (shape[name] ?? 0) + share * much;
    };
    body("averagemuscle-averageweight", 0.5);
    for (const [build, much] of Object.entries(buildsOf(muscle, weight))) body(build, 0.5 * much);
  }
  return shape;
}

function buildsOf(muscle: number, weight: number): Readonly<Record<string, number>> {
  return {
    "minmuscle-minweight": (1 - muscle) * (1 - weight),
    "minmuscle-maxweight": (1 - muscle) * weight,
    "maxmuscle-minweight": muscle * (1 - weight),
    "maxmuscle-maxweight": muscle * weight,
  };
}
