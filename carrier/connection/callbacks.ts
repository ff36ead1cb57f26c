/**
 * Wraps a user's function that the connection calls. An error that it throws, or with which its promise rejects, goes to
 * `failed` only.
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

/** Reports an error that no other function can report. It is visible and does not end the process. */
function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
