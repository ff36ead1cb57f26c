/** Counts by the person of the reference and the person of the probe. */
export interface PersonPairs {
  add(reference: number, probe: number): void;
  /** The number of all. */
  total(): number;
  /** The sum of all counts, each by the weights of both people. */
  weighted(weights: Uint16Array): number;
}

const PAGE = 256;

/**
 * Counts in pages of probes that are made when they are needed: all pairs of a set fill a square, and a list of pairs of many people
 * leaves most of it empty.
 */
export function countPersonPairs(people: number): PersonPairs {
  const pages = new Map<number, Uint32Array>();
  const pagesOfOne = Math.ceil(people / PAGE);
  let total = 0;
  const pageAt = (key: number) => {
    const page = pages.get(key) ?? new Uint32Array(Math.min(PAGE, people));
    pages.set(key, page);
    return page;
  };
  return {
    add(reference, probe) {
      const page = pageAt(reference * pagesOfOne + Math.floor(probe / PAGE));
      page[probe % PAGE] = (page[probe % PAGE] ?? 0) + 1;
      total++;
    },
    total: () => total,
    weighted(weights) {
      let sum = 0;
      for (const [key, page] of pages) {
        const weight = weights[Math.floor(key / pagesOfOne)] ?? 0;
        if (weight > 0) sum += weight * weightedPage(page, weights, (key % pagesOfOne) * PAGE);
      }
      return sum;
    },
  };
}

function weightedPage(page: Uint32Array, weights: Uint16Array, from: number): number {
  const length = Math.min(page.length, weights.length - from);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (page[i] as number) * (weights[from + i] as number);
  return sum;
}
