import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { wholeFrom } from "../console/arguments.ts";
import { exiting } from "../console/exit.ts";
import { print } from "../console/print.ts";
import { openTrial } from "./trial.ts";

interface Flags {
  readonly port: number;
  readonly folder?: string;
  readonly stay?: boolean;
  readonly json?: boolean;
}

/** `matchlight fleet-trial`: a fleet of three on this machine. */
export function addFleetTrial(program: Command): void {
  program
    .command("fleet-trial")
    .description("Run a fleet of three simulated cameras on this machine, and stage and roll back each kind of update.")
    .option(
      "--port <n>",
      "the broker's port for cameras; the next three are for carriers and for enrolments",
      wholeFrom(1, 65_532),
      18_883,
    )
    .option("--folder <folder>", "where to put everything; kept. A temporary one, removed, when it is left out")
    .option("--stay", "leave the fleet running, until Ctrl-C, instead of playing the updates")
    .option("--json", "print each step as a JSON line")
    .addHelpText(
      "after",
      "\nNeeds mosquitto and openssl, no Docker and no camera. Exit code 0 when everything went as it must.",
    )
    .action(exiting(run));
}

async function run({ port, folder, stay, json }: Flags): Promise<number> {
  const made = folder ?? (await mkdtemp(join(tmpdir(), "matchlight-trial-")));
  const info = json ? () => undefined : print;
  try {
    await using trial = await openTrial({ folder: made, port, print: info });
    if (stay) {
      print(`The fleet runs; keys, certificates, register and logs are in ${made}. Ctrl-C ends it.`);
      await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      return 0;
    }
    const steps = await trial.play();
    if (json) for (const step of steps) print(JSON.stringify(step));
    const wrong = steps.filter(({ asExpected }) => !asExpected).length;
    info(wrong === 0 ? `${steps.length} steps, all as they must be.` : `${wrong} of ${steps.length} steps went wrong.`);
    return wrong === 0 ? 0 : 1;
  } finally {
    if (folder === undefined) await rm(made, { recursive: true, force: true });
  }
}
