import type { Command } from "commander";
import { DeviceFault, explainFault } from "../../device/faults.ts";
import { visible } from "./visible.ts";

/** Prints a line on standard output, without characters that control a terminal. */
export function print(line = ""): void {
  process.stdout.write(`${visible(line)}\n`);
}

/** Prints an error and its remedy on standard error. */
export function printFailure(error: unknown): void {
  const text =
    error instanceof DeviceFault ? explainFault(error) : error instanceof Error ? error.message : String(error);
  process.stderr.write(`matchlight: ${visible(text)}\n`);
}

/** The option for a device's data folder, like the service's setting. */
export function dataOption(command: Command): Command {
  const standard = process.env["MATCHLIGHT_DATA_DIR"] || "./data";
  return command.option("--data <folder>", "the data folder (MATCHLIGHT_DATA_DIR)", standard);
}
