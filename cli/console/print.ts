import type { Command } from "commander";
import { DeviceFault, explainFault } from "../../device/faults.ts";

/** Writes a line for people on standard output. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Says on standard error what went wrong, and what to do where that is known. */
export function printFailure(error: unknown): void {
  const text =
    error instanceof DeviceFault ? explainFault(error) : error instanceof Error ? error.message : String(error);
  process.stderr.write(`matchlight: ${text}\n`);
}

/** The option that names a camera's data folder, as the service's setting does. */
export function dataOption(command: Command): Command {
  const standard = process.env["MATCHLIGHT_DATA_DIR"] || "./data";
  return command.option("--data <folder>", "the data folder (MATCHLIGHT_DATA_DIR)", standard);
}
