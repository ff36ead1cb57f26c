/**
 * Milliseconds of CLOCK_MONOTONIC, the clock of the kernel's frame timestamps. It does not jump when the time is set.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
