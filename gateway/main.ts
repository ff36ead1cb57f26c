import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { openGateway } from "./gateway.ts";
import { check } from "./process/check.ts";
import { openLog } from "./process/log.ts";
import { ArgumentsRefused, startFailure } from "./process/start-failure.ts";
import { helpText } from "./settings/help.ts";
import { readSettings, type Settings, unknownVariables } from "./settings/settings.ts";
import { makeTrialToken } from "./settings/trial-token.ts";

/** The longest time to stop before the process exits anyway. The database is consistent at any moment. */
const STOP_WITHIN_MS = 8_000;

/** `npm run gateway`: serves until a signal stops the process. Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { help, check: isCheck, scope, command } = readArguments(args);
  if (help) return print(helpText());
  for (const name of unknownVariables(process.env)) {
    process.stderr.write(`${name} is not a setting of this version and is ignored; --help lists all settings.\n`);
  }
  const settings = readSettings(process.env);
  if (isCheck) return check(settings, print);
  if (command === "token") return print(await makeTrialToken(settings, scope ?? "fleet"));
  return serve(settings);
}

/** Throws ArgumentsRefused. */
function readArguments(args: readonly string[]) {
  const options = {
    help: { type: "boolean", short: "h" },
    check: { type: "boolean" },
    scope: { type: "string" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const unknown = positionals.find((one, place) => place > 0 || one !== "token");
    if (unknown !== undefined) throw new Error(`Unknown command '${unknown}'.`);
    return { ...values, command: positionals[0] };
  } catch (error) {
    const because =
      error instanceof Error ? error.message.replace(/\.( To specify a positional.*)?$/s, "") : String(error);
    throw new ArgumentsRefused(`${because}. Add --help to see the commands and settings.`);
  }
}

/**
 * The old heap may grow to three times the live data before V8 collects it whole. V8's default is 1.1 times when little is
 * allocated there; with photos it then collects five times a second and needs a third of all processor time.
 */
const HEAP_GROWTH = "--heap-growing-percent=200";

async function serve(settings: Settings): Promise<number> {
  setFlagsFromString(HEAP_GROWTH);
  // The reader of the log may end first. The gateway goes on without a log, because cameras depend on it.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const log = openLog(settings.logLevel, settings.name);
  const asked = new Promise<string>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
  });
  const gateway = await openGateway(settings, log);
  log.info({ event: "started", http: gateway.url.href, broker: gateway.brokerUrl.host });
  const signal = await asked;
  log.info({ event: "stopping", signal });
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  await gateway[Symbol.asyncDispose]();
  log.info({ event: "stopped" });
  return 0;
}

function print(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const { text, code } = startFailure(error);
  process.stderr.write(`${text}\n`);
  // A connection that does not close must not keep the process alive: its supervisor waits for the exit.
  setTimeout(() => process.exit(code), STOP_WITHIN_MS).unref();
  return code;
});
