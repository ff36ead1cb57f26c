import type { Command } from "commander";
import { numberFrom, wholeFrom } from "../console/arguments.ts";
import { exiting } from "../console/exit.ts";
import { brokerOptions } from "../fleet/broker-options.ts";
import { halt, list, resume, rollBack, start, status } from "./actions.ts";
import { LEGEND } from "./picture.ts";
import { addRelease } from "./release.ts";

const EXIT = "\nExit code: 0 over, or with --once not over yet; 1 halted; 3 failed: use `rollout resume`.";

const HELP = `
A rollout goes to 1 % of the cameras, then to 10 %, then to all. A stage lasts for a time and a number of verifications. The
gateway judges it at each quarter by five figures: refused changes, faults, verifications without a result, no match, and slow
matches. It compares each figure with the same cameras before, and with the other cameras at the same time. A worse figure halts
the rollout. Then nothing is sent until somebody resumes it or takes it back. With --roll-back, the command takes it back at once.

  matchlight fleet rollout start --pack ./pack $GATEWAY $OPERATOR      begins, and continues until it halts or is over
  matchlight fleet rollout status $GATEWAY                             shows the figures of the last rollout
  matchlight fleet rollout resume --pack ./pack $GATEWAY $OPERATOR     continues after a halt, a kill or Ctrl-C
  matchlight fleet rollout roll-back $GATEWAY $OPERATOR                takes the change back from every camera that has it

GATEWAY means --gateway and --token. OPERATOR means --broker, --key and the credentials that the broker requires.
The gateway's database has the state. The operator's key stays on this machine and signs every command. Only this command names
the change, so resume requires the same --pack or --set. The line of a round has a mark for each camera: ${LEGEND}.`;

/** `matchlight fleet rollout`: brings a pack or settings to the whole fleet in stages. */
export function addRollout(fleet: Command): void {
  const rollout = fleet
    .command("rollout")
    .description("Bring a model pack or settings to the fleet in stages; halt by itself if the cameras get worse.")
    .addHelpText("after", HELP);
  addStart(rollout);
  addResume(rollout);
  addRollBack(rollout);
  addHalt(rollout);
  addStatus(rollout);
  addList(rollout);
  addRelease(rollout);
}

function addStart(rollout: Command): void {
  sendOptions(rollout.command("start"))
    .description("Begin a rollout, and continue until it halts or is over.")
    .option(
      "--shares <percent,…>",
      "the share of the fleet after each stage; the last is 100",
      readShares,
      [1, 10, 100],
    )
    .option("--hours <n>", "the shortest time of a stage, in hours", numberFrom(0.0001, 720), 24)
    .option("--least <n>", "the least number of verifications in a stage", wholeFrom(1, 100_000), 200)
    .action(exiting(start));
}

function addResume(rollout: Command): void {
  sendOptions(rollout.command("resume"))
    .description(
      "Continue a rollout. After a halt, its stage is counted from zero. Cameras that were offline get the change, too.",
    )
    .argument("[id]", "the rollout; the last one is meant without it")
    .action(exiting(resume));
}

function addRollBack(rollout: Command): void {
  driveOptions(rollout.command("roll-back"))
    .description("Take the change back from every camera that has it, until no camera has it.")
    .argument("[id]", "the rollout; the last one is meant without it")
    .action(exiting(rollBack));
}

function addHalt(rollout: Command): void {
  gatewayOptions(rollout.command("halt"))
    .description("Halt a rollout: nothing is sent until somebody resumes it.")
    .argument("[id]", "the rollout; the last one is meant without it")
    .option("--why <words>", "the reason, for the next person who looks")
    .action(exiting(halt));
}

function addStatus(rollout: Command): void {
  gatewayOptions(rollout.command("status"))
    .description("Print the state of a rollout, and its figures against the baseline.")
    .argument("[id]", "the rollout; the last one is meant without it")
    .option("--json", "print it as JSON")
    .addHelpText("after", "\nExit code: 0 the rollout runs or is over, 1 it is halted.")
    .action(exiting(status));
}

function addList(rollout: Command): void {
  gatewayOptions(rollout.command("list")).description("List the last rollouts.").action(exiting(list));
}

function gatewayOptions(command: Command): Command {
  return command
    .requiredOption(
      "--gateway <url>",
      "the address of the carrier's gateway, http://host:8080",
      (text) => new URL(text),
    )
    .requiredOption("--token <file>", "a file with a token of the scope fleet; read again for each request");
}

function driveOptions(command: Command): Command {
  return brokerOptions(gatewayOptions(command))
    .requiredOption(
      "--key <file>",
      "the operator's private key; cameras have the public key as MATCHLIGHT_OPERATOR_KEY",
    )
    .option("--register <file>", "the register of the fleet file: cameras must have its names and pins")
    .option("--every <seconds>", "the wait between two rounds, in seconds", numberFrom(0.05, 3_600), 30)
    .option("--once", "make only one round, for a timer that repeats the command")
    .addHelpText("after", EXIT);
}

/** The options of commands that send a change. */
function sendOptions(command: Command): Command {
  return driveOptions(command)
    .option("--pack <folder>", "a signed pack, as `matchlight pack sign` makes it")
    .option("--set <name=value...>", "settings, for example MATCHLIGHT_TIMEOUT_MS=8000")
    .option("--roll-back", "when the cameras get worse, take it back at once");
}

function readShares(text: string): readonly number[] {
  return text.split(",").map(numberFrom(0.01, 100));
}
