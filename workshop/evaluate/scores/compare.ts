import { fuseTemplates, type Template } from "../../../models/embedding/embedder.ts";
import type { Acquired } from "../pictures/templates.ts";
import type { LabelledSet } from "../sets.ts";
import type { Comparison, Comparisons } from "./comparisons.ts";
import type { Pairs } from "./pairs.ts";

type AllAcquired = readonly (Acquired | undefined)[];

/** The comparisons of pairs with templates on both sides. */
export function comparePairs(pairs: Pairs, acquired: AllAcquired): Comparisons {
  const known = pairs.among(
    (index) => acquired[index]?.reference !== undefined,
    (index) => acquired[index]?.probe !== undefined,
  );
  return { genuine: known.genuine, impostor: known.impostor, each: comparisonsOf(known, acquired) };
}

function* comparisonsOf(pairs: Pairs, acquired: AllAcquired): Iterable<Comparison> {
  for (const pair of pairs) {
    const [reference, probe] = [acquired[pair.reference]?.reference, acquired[pair.probe]?.probe];
    if (!reference || !probe) continue;
    const at = { referenceAt: pair.reference, probeAt: [pair.probe], fold: pair.fold };
    yield { reference, probe, same: pair.same, ...at };
  }
}

/** The probes of a subject with their indices, and the fused template. */
interface Fused {
  readonly probes: readonly { readonly index: number; readonly template: Template }[];
  readonly fused: readonly FusedProbe[];
}

/** Several pictures of one person as one probe. */
interface FusedProbe {
  readonly template: Template;
  readonly at: readonly number[];
}

/**
 * The comparisons of references with fused probes of several pictures, as the device fuses several frames of a customer. Each
 * picture of a subject, except the reference, begins a probe with the pictures after it, in a circle. If there are at most
 * `count` pictures, all of them make one probe.
 */
export function compareFused({ samples }: LabelledSet, acquired: AllAcquired, count: number): Comparisons {
  const subjects = fuseSubjects(
    samples.map(({ subject }) => subject),
    acquired,
    count,
  );
  const all = [...subjects.values()].reduce((sum, { fused }) => sum + fused.length, 0);
  let [genuine, impostor] = [0, 0];
  for (const [index, one] of acquired.entries()) {
    const own = subjects.get(samples[index]?.subject ?? "");
    if (!one?.reference || !own) continue;
    genuine += probesOf(own.probes.filter((probe) => probe.index !== index).length, count);
    impostor += all - own.fused.length;
  }
  return { genuine, impostor, each: fusedComparisons(samples, acquired, subjects, count) };
}

function* fusedComparisons(
  samples: LabelledSet["samples"],
  acquired: AllAcquired,
  subjects: ReadonlyMap<string, Fused>,
  count: number,
): Iterable<Comparison> {
  for (const [index, one] of acquired.entries()) {
    const reference = one?.reference;
    if (!reference) continue;
    for (const [subject, { probes, fused }] of subjects) {
      const same = subject === samples[index]?.subject;
      const others = same
        ? fuse(
            probes.filter((probe) => probe.index !== index),
            count,
          )
        : fused;
      for (const { template, at } of others)
        yield { reference, probe: template, same, referenceAt: index, probeAt: at };
    }
  }
}

function fuseSubjects(subjects: readonly string[], acquired: AllAcquired, count: number): ReadonlyMap<string, Fused> {
  const probes = new Map<string, { readonly index: number; readonly template: Template }[]>();
  for (const [index, subject] of subjects.entries()) {
    const own = probes.get(subject) ?? [];
    probes.set(subject, own);
    const template = acquired[index]?.probe;
    if (template) own.push({ index, template });
  }
  return new Map([...probes].map(([subject, own]) => [subject, { probes: own, fused: fuse(own, count) }]));
}

/** The number of probes of `count` pictures that this number of pictures makes. */
function probesOf(pictures: number, count: number): number {
  return pictures > count ? pictures : Math.min(1, pictures);
}

function fuse(probes: Fused["probes"], count: number): readonly FusedProbe[] {
  return Array.from({ length: probesOf(probes.length, count) }, (_, i) => {
    const some = [...probes.slice(i), ...probes.slice(0, i)].slice(0, count);
    return { template: fuseTemplates(some.map(({ template }) => template)), at: some.map(({ index }) => index) };
  });
}
