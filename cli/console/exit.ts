import { type Command, CommanderError } from "commander";
import { printFailure } from "./print.ts";

/** The exit code of a command that failed. */
const FAILED = 3;

/** An action whose result is the exit code. A failure is printed and gives the exit code `failed`. */
export function exiting<Args extends readonly unknown[]>(
  run: (...args: Args) => Promise<number>,
  failed = FAILED,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    process.exitCode = await run(...args).catch((error: unknown) => {
      printFailure(error);
      return failed;
    });
  };
}

/**
 * Runs a program with the arguments of the process. When a reader such as `head` closes the pipe, the command still
 * ends its work and keeps its exit code.
 */
export async function runProgram(program: Command): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") printFailure(error);
  });
  process.stderr.on("error", () => undefined);
  throwWrongArguments(program);
  await program.parseAsync().catch((error: unknown) => {
    // Commander has printed the help, or what is wrong.
    if (!(error instanceof CommanderError)) printFailure(error);
    process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : FAILED;
  });
}

/** Commander ends the process with 1 for wrong arguments, which many commands use for a result. */
function throwWrongArguments(command: Command): void {
  command.exitOverride();
  for (const one of command.commands) throwWrongArguments(one);
}
