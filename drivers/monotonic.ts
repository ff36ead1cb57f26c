/** Milliseconds on CLOCK_MONOTONIC, the clock with which the kernel stamps frames: no jump when the time is set. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
