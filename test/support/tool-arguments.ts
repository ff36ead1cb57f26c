import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * Reads the arguments of a command of `package.json`. It ends the process with the help if that is asked for, and with a
 * sentence, the help and exit code 2 if an argument is unknown.
 */
export function readArguments<const T extends ParseArgsConfig>(
  help: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
    process.stdout.write(help);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return refuseArguments(help, error instanceof Error ? error.message : String(error));
  }
}

/** Reads positional arguments that are whole numbers of at least 1. Those that are not given have their default. */
export function readCounts<const Names extends string>(
  help: string,
  defaults: Readonly<Record<Names, number>>,
): Readonly<Record<Names, number>> {
  const { positionals } = readArguments(help, { allowPositionals: true });
  const names = Object.keys(defaults) as Names[];
  if (positionals.length > names.length) refuseArguments(help, `Unexpected argument '${positionals[names.length]}'.`);
  const counts: Record<Names, number> = { ...defaults };
  for (const [place, name] of names.entries()) {
    const given = positionals[place];
    if (given !== undefined) counts[name] = countOf(help, name, given);
  }
  return counts;
}

/** Reads a whole number of at least 1, or ends the process as {@link readArguments} does. */
export function countOf(help: string, name: string, given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  return refuseArguments(help, `${name} must be a whole number of at least 1, not '${given}'.`);
}

/** Ends the process with a sentence, the help and exit code 2. */
export function refuseArguments(help: string, because: string): never {
  // Node appends advice for file names that begin with '-', which no command here has.
  process.stderr.write(`${because.replace(/\. To specify a positional argument.*$/s, ".")}\n\n${help}`);
  process.exit(2);
}
