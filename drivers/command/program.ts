import { type ChildProcess, spawn } from "node:child_process";
import { DriverError } from "../errors.ts";

/** A running program. Its standard output goes to `output`. */
export interface Program {
  /** Why it ended, in words, with the last line that it wrote to its standard error. It never rejects. */
  readonly ended: Promise<string>;
  /** Ends it and everything that it started; resolves when it has ended. */
  kill(): Promise<void>;
}

/** The end of what a program writes to its standard error. The beginning is of no interest when it fails. */
const COMPLAINT_CHARACTERS = 400;

/**
 * Starts a program without a shell, in a process group of its own, so that a script ends together with what it started.
 * Bytes belong to the pipe until `output` returns, and are overwritten then.
 */
export function startProgram(path: string, words: readonly string[], output: (chunk: Uint8Array) => void): Program {
  const child = spawn(path, words, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT_CHARACTERS);
  });
  child.stdout.on("data", (chunk: Buffer) => {
    output(chunk);
    chunk.fill(0);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`it cannot be started (${error.message})`));
    child.once("close", (code, signal) => resolve(withComplaint(code, signal, complaint)));
  });
  return {
    ended,
    async kill() {
      killGroup(child);
      // Whoever left the group may still hold the pipes.
      child.stdout.destroy();
      child.stderr.destroy();
      await ended;
    },
  };
}

function withComplaint(code: number | null, signal: string | null, complaint: string): string {
  const how = code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}`;
  const last = complaint.trim().split("\n").at(-1)?.trim();
  return last ? `${how}: "${last}"` : how;
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ESRCH") return;
    throw new DriverError("failed", `the program ${pid} cannot be ended`, { cause });
  }
}
