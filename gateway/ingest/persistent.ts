import { retry } from "../../protocol/common/retry.ts";

/** Does work again until it succeeds. It never settles once the signal is aborted: nobody must take it for done. */
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
