import { retry } from "../../protocol/common/retry.ts";

/** Repeats work until it succeeds. After the signal is aborted it never settles, so that the work does not count as done. */
export async function persistently<T>(
  work: () => Promise<T>,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<T> {
  for await (const { failures } of retry({ firstMs: 200, mostMs: 5_000, signal })) {
    try {
      return await work();
    } catch (error) {
      if (failures === 0) failed(error);
    }
  }
  return new Promise<T>(() => undefined);
}
