import { SAME_PERSON, similarity, type Template } from "../embedding/embedder.ts";
import { TEMPLATES_KEPT } from "./observation.ts";

/** The templates of the last scored pictures, with which a new one is compared. `forget` overwrites them. */
interface TemplateHistory {
  /** Comparison scores of a probe with the kept templates, the newest first, at most TEMPLATES_KEPT. */
  agreement(probe: Template): readonly number[];
  /** Whether a probe shows the same person as one of the latest templates; undefined if none is kept. */
  knows(probe: Template): boolean | undefined;
  /** Keeps a copy, and drops the oldest template if there are too many. */
  remember(probe: Template): void;
  forget(): void;
}

/** A probe must be like one of this many latest ones: a single one may be turned or blurred. */
const LIKE_ONE_OF = 3;

export function templateHistory(): TemplateHistory {
  const kept: Template[] = [];
  const drop = (from: number) => {
    for (const old of kept.splice(from)) old.fill(0);
  };
  const alike = (probe: Template) => kept.slice(0, LIKE_ONE_OF).some((one) => similarity(one, probe) >= SAME_PERSON);
  return {
    knows: (probe) => (kept.length === 0 ? undefined : alike(probe)),
    agreement: (probe) => kept.map((earlier) => similarity(earlier, probe)),
    remember(probe) {
      kept.unshift(Float32Array.from(probe));
      drop(TEMPLATES_KEPT);
    },
    forget: () => drop(0),
  };
}
