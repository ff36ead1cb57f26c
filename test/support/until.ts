import { setTimeout as sleep } from "node:timers/promises";

/** Waits until something is so. False when it is not in time. */
export async function until(condition: () => boolean, withinMs = 30_000): Promise<boolean> {
  const late = performance.now() + withinMs;
  while (!condition() && performance.now() < late) await sleep(10);
  return condition();
}
