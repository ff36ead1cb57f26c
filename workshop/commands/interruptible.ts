/** Runs a command that Ctrl-C ends early. Gives its exit code: 130 if it was interrupted. */
export async function interruptible(run: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  try {
    await run(stop.signal);
    return stop.signal.aborted ? 130 : 0;
  } finally {
    process.removeListener("SIGINT", interrupt);
  }
}
