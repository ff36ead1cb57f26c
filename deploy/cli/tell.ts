import { DeviceFault, explainFault } from "../../device/faults.ts";

/** Writes a line for people on standard output. */
export function tell(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Says on standard error what went wrong, and what to do where that is known. */
export function tellFailure(error: unknown): void {
  const text =
    error instanceof DeviceFault ? explainFault(error) : error instanceof Error ? error.message : String(error);
  process.stderr.write(`matchlight: ${text}\n`);
}
