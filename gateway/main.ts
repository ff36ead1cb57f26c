import { parseArgs } from "node:util";
import { openGateway } from "./gateway.ts";
import { check } from "./process/check.ts";
import { openLog } from "./process/log.ts";
import { helpText } from "./settings/help.ts";
import { readSettings, type Settings, SettingsRefused } from "./settings/settings.ts";
import { makeTrialToken } from "./settings/trial-token.ts";

/** How long stopping may take before the process ends anyway. What is in the database is whole at any moment. */
const STOP_WITHIN_MS = 8_000;

/** `npm run gateway`: serves until it is told to stop. Resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { help: { type: "boolean" }, check: { type: "boolean" }, scope: { type: "string" } },
  });
  if (values.help) return print(helpText());
  const settings = readSettings(process.env);
  if (values.check) return check(settings, print);
  if (positionals[0] === "token") return print(await makeTrialToken(settings, values.scope ?? "fleet"));
  return serve(settings);
}

async function serve(settings: Settings): Promise<number> {
  // Whoever read the log is gone; a gateway that cameras wait for goes on without it.
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
  const words = error instanceof SettingsRefused ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${words}\n`);
  return error instanceof SettingsRefused ? 2 : 1;
});
