export type Level = "ok" | "warn" | "fail";

/** What one check found, in words that can be read aloud on the phone. */
export interface Finding {
  readonly check: string;
  readonly level: Level;
  readonly found: string;
  /** What to do next; empty when nothing is to be done. */
  readonly next: string;
}

export function ok(check: string, found: string): Finding {
  return { check, level: "ok", found, next: "" };
}

export function warn(check: string, found: string, next: string): Finding {
  return { check, level: "warn", found, next };
}

export function fail(check: string, found: string, next: string): Finding {
  return { check, level: "fail", found, next };
}

const ORDER: readonly Level[] = ["ok", "warn", "fail"];

/** The worst of them: 0 when all is well, 1 for a warning, 2 for a failure. Pure. */
export function worst(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ level }) => ORDER.indexOf(level)));
}
