import { Command, InvalidArgumentError } from "commander";
import { killRounds } from "../support/kill.ts";
import { killEnrolments } from "../support/kill-enrolment.ts";
import { killStarts } from "../support/kill-starts.ts";

interface Flags {
  readonly stop?: boolean | undefined;
  readonly starts?: number;
  readonly enrolment?: boolean | undefined;
  readonly sessions?: boolean | undefined;
}

const tell = (line: string) => process.stderr.write(`${line}\n`);
const print = (result: object) => process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);

function count(given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw new InvalidArgumentError("It must be a whole number of at least 1.");
}

await new Command("npm run kill-test --")
  .description("Kill devices at random moments, and look for lost reports. Prints JSON; exit code 1 if one was lost.")
  .argument("[rounds]", "how often a device is killed", count, 200)
  .argument("[seed]", "the seed of the random moments", count, (Date.now() % 1_000_000) + 1)
  .showHelpAfterError()
  .option("--stop", "stop the device (SIGTERM) instead of killing it")
  .option("--sessions", "kill in the middle of verifications only; most of them must be reported as interrupted")
  .option("--starts <count>", "kill the real service during this many starts instead", count)
  .option("--enrolment", "kill cameras while they enrol and while they renew their certificate instead")
  .action(async (rounds: number, seed: number, { stop, starts, sessions, enrolment }: Flags) => {
    tell(`seed ${seed}`);
    const whole = enrolment
      ? await enrolmentsHeld(rounds, seed)
      : starts
        ? await startsHeld(starts, seed)
        : await roundsHeld(rounds, seed, { stop, sessions });
    process.exitCode = whole ? 0 : 1;
  })
  .parseAsync();

async function roundsHeld(rounds: number, seed: number, { stop, sessions }: Flags): Promise<boolean> {
  const result = await killRounds(rounds, seed, tell, stop ? "SIGTERM" : "SIGKILL", sessions ? "session" : "any");
  print(result);
  const { withoutReport, withTwoReports, chain, badEnds, slowestEndMs, accepted, sent, distinct } = result;
  if (sessions && result.interrupted < 0.8 * rounds) return false;
  if (accepted === 0 || distinct !== sent) return false;
  return withoutReport + withTwoReports + chain.length + badEnds.length === 0 && slowestEndMs < 5_000;
}

async function enrolmentsHeld(rounds: number, seed: number): Promise<boolean> {
  const result = await killEnrolments(rounds, seed, tell);
  print(result);
  return result.losses.length === 0 && result.provisioned > 0 && result.renewed > 0;
}

async function startsHeld(starts: number, seed: number): Promise<boolean> {
  const result = await killStarts(starts, seed, tell);
  print(result);
  return result.repairs.length === 0;
}
