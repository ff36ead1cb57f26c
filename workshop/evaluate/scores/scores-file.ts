import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { toCell } from "../csv.ts";
import type { LabelledSet } from "../sets.ts";
import type { Observer } from "./comparisons.ts";

/** The number of lines that are written at once. */
const LINES = 10_000;

/**
 * Writes every score into a CSV file, in a folder that is made if there is none. A probe of several pictures is named by their
 * paths with "+" between.
 */
export function openScores(path: string, { samples }: LabelledSet): { readonly observe: Observer; close(): void } {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  let lines = ["reference,probe,same,score"];
  const write = () => {
    writeSync(file, `${lines.join("\n")}\n`);
    lines = [];
  };
  const nameOf = (at: number) => samples[at]?.path ?? "";
  return {
    observe({ referenceAt, probeAt, same }, score) {
      const probe = probeAt.map(nameOf).join("+");
      lines.push(`${toCell(nameOf(referenceAt))},${toCell(probe)},${same ? 1 : 0},${score.toFixed(6)}`);
      if (lines.length >= LINES) write();
    },
    close() {
      if (lines.length > 0) write();
      closeSync(file);
    },
  };
}
