type Level = "ok" | "warn" | "fail";

/** The result of a check, in words for a phone call. */
export interface Finding {
  readonly check: string;
  readonly level: Level;
  readonly found: string;
  /** The remedy; empty if there is nothing to do. */
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

/** The exit code of the worst finding: 0 for ok, 1 for a warning, 2 for a failure. Pure. */
export function worst(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ level }) => ORDER.indexOf(level)));
}
