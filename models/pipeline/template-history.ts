import { similarity, type Template } from "../embedding/embedder.ts";
import { TEMPLATES_KEPT } from "./observation.ts";

/** The templates of the pictures scored last, to say how alike a new one is to each. `forget` overwrites them. */
export interface TemplateHistory {
  /** Comparison scores of a probe with those remembered, the newest first, at most PROBES_KEPT. */
  agreement(probe: Template): readonly number[];
  /** Keeps a copy; the oldest makes room. */
  remember(probe: Template): void;
  forget(): void;
}

export function templateHistory(): TemplateHistory {
  const kept: Template[] = [];
  const drop = (from: number) => {
    for (const old of kept.splice(from)) old.fill(0);
  };
  return {
    agreement: (probe) => kept.map((earlier) => similarity(earlier, probe)),
    remember(probe) {
      kept.unshift(Float32Array.from(probe));
      drop(TEMPLATES_KEPT);
    },
    forget: () => drop(0),
  };
}
