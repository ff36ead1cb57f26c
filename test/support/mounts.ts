import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";

/** Why this process cannot mount a disk; false when it can. */
export function cannotMount(): string | false {
  const folder = mkdtempSync(join(tmpdir(), "matchlight-mount-"));
  try {
    mount(folder, "16k");
    execFileSync("umount", [folder]);
    return false;
  } catch {
    return "this process may not mount a small disk";
  } finally {
    rmdirSync(folder);
  }
}

/** A small disk of its own, in memory. */
export function smallDisk(t: Test, size: string): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "matchlight-disk-"));
  mount(folder, size);
  t.teardown(() => {
    execFileSync("umount", ["-l", folder]);
    rmdirSync(folder);
  });
  const remount = (how: "ro" | "rw") => void execFileSync("mount", ["-o", `remount,${how}`, folder]);
  return { folder, readOnly: () => remount("ro"), writable: () => remount("rw") };
}

function mount(folder: string, size: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "pipe" });
}

export interface SmallDisk {
  readonly folder: string;
  readOnly(): void;
  writable(): void;
}
