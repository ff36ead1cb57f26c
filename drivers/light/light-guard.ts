import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { LIGHT_GUARD } from "../addon.ts";

/** A small program that turns the light off when this process has ended for any reason. */
interface LightGuard {
  /** Ends the guard, which turns the light off once more. Resolves at its end, or after a second. Never throws. */
  end(): Promise<void>;
}

const END_WITHIN_MS = 1_000;

/**
 * Starts the guard, for lines of a character device (`lines` is their descriptor, which it inherits), or for sysfs
 * value files and the value that means off.
 */
export function guardLight(
  what:
    | { readonly lines: number; readonly count: number }
    | { readonly files: readonly string[]; readonly off: string },
): LightGuard {
  const child =
    "lines" in what
      ? spawn(LIGHT_GUARD, ["lines", String(what.count)], { stdio: ["pipe", "ignore", "ignore", what.lines] })
      : spawn(LIGHT_GUARD, ["files", what.off, ...what.files], { stdio: ["pipe", "ignore", "ignore"] });
  // The guard must not keep its owner alive, and its owner runs without it if it cannot start.
  child.unref();
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  return { end: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  child.stdin?.end();
  await Promise.race([once(child, "exit"), sleep(END_WITHIN_MS)]);
}
