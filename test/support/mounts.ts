import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { Test } from "tap";

/** A small disk of its own, in memory; undefined where this process may not mount one. */
export function smallDisk(t: Test, folder: string, size: string): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  t.teardown(() => execFileSync("umount", ["-l", folder]));
  const remount = (how: "ro" | "rw") => void execFileSync("mount", ["-o", `remount,${how}`, folder]);
  return { folder, readOnly: () => remount("ro"), writable: () => remount("rw") };
}

export interface SmallDisk {
  readonly folder: string;
  readOnly(): void;
  writable(): void;
}
