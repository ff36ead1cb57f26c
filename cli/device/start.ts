import { once } from "node:events";
import type { Command } from "commander";
import { checkSettings } from "../../device/app/check.ts";
import { showFaulty } from "../../device/app/faulty-light.ts";
import { serve } from "../../device/app/main.ts";
import type { Parts } from "../../device/app/parts.ts";
import { exitCodeOf } from "../../device/app/startup-failure.ts";
import { DeviceFault } from "../../device/faults.ts";
import { exitNow } from "../../device/process/exit.ts";
import { describeSettings, readSettings, settingNames } from "../../device/settings/environment.ts";
import { SETTINGS } from "../../device/settings/settings.ts";
import { exiting } from "../console/exit.ts";
import { print, printFailure } from "../console/print.ts";
import { printTable } from "../console/table.ts";

/** `matchlight start`: the service. */
export function addStart(program: Command): void {
  program
    .command("start")
    .description("Run the camera service. Settings come from the environment.")
    .option("--check", "check the settings and everything that they name, print the configuration, and stop")
    .addHelpText(
      "after",
      () =>
        `\nExit code: 0 stopped by a signal, 1 failed, a new start may help, 70 this release does not work on this machine: roll back.\n\nSettings:\n${settingsHelp()}`,
    )
    .action(async ({ check }: { readonly check?: boolean }) => {
      if (check) return exiting(runCheck, 1)();
      await exiting(() => serve(process.env, { examine }).catch(failed), 1)();
      // A stopped service must exit: all its resources are closed by now.
      exitNow(Number(process.exitCode));
    });
}

/** The doctor is loaded only when it is needed. */
const examine: Parts["examine"] = async (environment) => {
  const { examineRunning } = await import("../../device/doctor/doctor.ts");
  return [...(await examineRunning(environment))];
};

/** A fault before the device can be opened, such as refused settings. The light shows this to people at the device. */
async function failed(error: unknown): Promise<number> {
  if (!(error instanceof DeviceFault)) throw error;
  printFailure(error);
  const signals = ["SIGINT", "SIGTERM"].map((signal) => once(process, signal));
  await showFaulty(readSettings(process.env).values.light, Promise.race(signals));
  return exitCodeOf(error);
}

async function runCheck(): Promise<number> {
  const { settings, notes } = await checkSettings(process.env);
  printTable(["setting", "value"], describeSettings(settings));
  for (const note of notes) print(note);
  print("The settings are in order; `npm start` would run with them.");
  return 0;
}

function settingsHelp(): string {
  return settingNames()
    .map((name) => SETTINGS[name])
    .map(({ variable, standard, sentence }) => `  ${variable} (${standard ?? "must be set"})\n      ${sentence}`)
    .join("\n");
}
