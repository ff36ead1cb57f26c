import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { wholeFrom } from "../console/arguments.ts";
import { exiting } from "../console/exit.ts";
import { print } from "../console/print.ts";
import { summaryOf } from "./summary.ts";
import { openRunningFleet, playTrial, type TrialOptions } from "./trial.ts";

interface Flags {
  readonly port: number;
  readonly cameras?: number;
  readonly updates: boolean;
  readonly folder?: string;
  readonly stay?: boolean;
  readonly json?: boolean;
}

/** The default number of cameras: of a played fleet, and of one that stays. */
const COUNT = { played: 10, staying: 3 } as const;

/** `matchlight fleet-trial`: a fleet on this machine. */
export function addFleetTrial(program: Command): void {
  program
    .command("fleet-trial")
    .description(
      "Enrol a fleet of simulated cameras on this machine, attack it, renew its certificates, halt a worse pack, and make and roll back each kind of update.",
    )
    .option(
      "--port <n>",
      "the broker's port for cameras; the next three ports are for carriers and for enrolments",
      wholeFrom(1, 65_532),
      18_883,
    )
    .option(
      "--cameras <n>",
      `the number of cameras, 170 MB each (default: ${COUNT.played}, with --stay ${COUNT.staying})`,
      wholeFrom(1, 100),
    )
    .option("--no-updates", "stop after the worse pack")
    .option("--folder <folder>", "the folder for all files, which stays; default: a temporary folder, which is removed")
    .option("--stay", "only start the fleet, and leave it running until Ctrl-C")
    .option("--json", "print each step and the summary as JSON lines")
    .addHelpText(
      "after",
      "\nRequires mosquitto and openssl, but no Docker and no camera. Exit code 0 if every step succeeded.",
    )
    .action(exiting(run));
}

async function run({ port, cameras, updates, folder, stay, json }: Flags): Promise<number> {
  const made = folder ?? (await mkdtemp(join(tmpdir(), "matchlight-trial-")));
  const info = json ? () => undefined : print;
  const count = cameras ?? (stay ? COUNT.staying : COUNT.played);
  const options: TrialOptions = { folder: made, port, count, print: info };
  try {
    return await (stay ? leaveRunning(options) : play(options, updates, json === true));
  } finally {
    if (folder === undefined) await rm(made, { recursive: true, force: true });
  }
}

async function leaveRunning(options: TrialOptions): Promise<number> {
  await using fleet = await openRunningFleet(options);
  if (fleet.wrong.length > 0) return 1;
  print(`The fleet runs; keys, certificates, register and logs are in ${options.folder}. Ctrl-C ends it.`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  return 0;
}

async function play(options: TrialOptions, updates: boolean, json: boolean): Promise<number> {
  const played = await playTrial({ ...options, updates });
  const { lines, figures } = summaryOf(played, options.count);
  if (json) for (const one of [...played.steps, figures]) print(JSON.stringify(one));
  for (const text of lines) options.print(text);
  return figures.wrong === 0 && figures.letIn === options.count ? 0 : 1;
}
