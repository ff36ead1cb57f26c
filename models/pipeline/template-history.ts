import { SAME_PERSON, similarity, type Template } from "../embedding/embedder.ts";
import { TEMPLATES_KEPT } from "./observation.ts";

/** The templates of the pictures scored last, to say how alike a new one is to each. `forget` overwrites them. */
export interface TemplateHistory {
  /** Comparison scores of a probe with those remembered, the newest first, at most PROBES_KEPT. */
  agreement(probe: Template): readonly number[];
  /** Whether a probe is like one of the latest, so that it is the same person's; undefined when nobody is remembered. */
  knows(probe: Template): boolean | undefined;
  /** Keeps a copy; the oldest makes room. */
  remember(probe: Template): void;
  forget(): void;
}

/** Of so many faces on end one may be turned or blurred, and unlike the next. */
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
