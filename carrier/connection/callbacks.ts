/**
 * A user's function as it is called from the connection: what it throws, and a promise of it that rejects, goes to
 * `failed` and nowhere else.
 */
export function guarded<Arguments extends readonly unknown[]>(
  callback: ((...given: Arguments) => unknown) | undefined,
  failed: (error: unknown) => void = warn,
): (...given: Arguments) => void {
  return (...given) => {
    const called = async () => callback?.(...given);
    called().catch(failed);
  };
}

/** The last resort, where nobody else can be told: visible, and no end of the process. */
function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
