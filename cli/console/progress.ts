/** Reports the progress of a long step: `done` of `total`. */
export type Progress = (done: number, total: number) => void;

/** Reports a long task: sentences, and a progress bar for each long step. */
export interface Reporter {
  print(text: string): void;
  bar(label: string): Progress;
}

const WIDTH = 24;

/**
 * A progress bar on standard error. A terminal shows one line that is drawn again; a CI log gets a line for each tenth.
 * Standard output stays free for results.
 */
export function progressBar(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const startedMs = performance.now();
  let drawn = -1;
  return (done, total) => {
    const share = total > 0 ? done / total : 1;
    const step = Math.floor(share * (stream.isTTY ? 200 : 10));
    if (step === drawn) return;
    drawn = step;
    const filled = Math.round(share * WIDTH);
    const bar = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
    const line = `${label.padEnd(28)} ${bar} ${done}/${total} ${remaining(share, performance.now() - startedMs)}`;
    if (stream.isTTY) stream.write(`\r${line}\x1b[K${share >= 1 ? "\n" : ""}`);
    else stream.write(`${line}\n`);
  };
}

const LATE_MS = 2000;

/** A progress bar that appears after some time, because most steps are short. */
export function lateProgressBar(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const startedMs = performance.now();
  const bar = progressBar(label, stream);
  let late = false;
  return (done, total) => {
    late ||= done < total && performance.now() - startedMs > LATE_MS;
    if (late) bar(done, total);
  };
}

function remaining(share: number, spentMs: number): string {
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
  if (share >= 1) return `in ${seconds(spentMs)}`;
  return share > 0 ? `about ${seconds((spentMs * (1 - share)) / share)} left` : "";
}
