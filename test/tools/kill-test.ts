import { Command } from "commander";
import { killRounds } from "../support/kill.ts";
import { killEnrolments } from "../support/kill-enrolment.ts";
import { killStarts } from "../support/kill-starts.ts";

interface Flags {
  readonly stop?: boolean | undefined;
  readonly starts?: string;
  readonly enrolment?: boolean | undefined;
  readonly sessions?: boolean | undefined;
}

const tell = (line: string) => process.stderr.write(`${line}\n`);
const print = (result: object) => process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);

await new Command("kill-test")
  .description("End devices at random moments, and look for what was lost. Prints JSON; exit code 1 when anything was.")
  .argument("[rounds]", "how many blows", "200")
  .argument("[seed]", "of the moments", String(Date.now() % 1_000_000))
  .option("--stop", "tell the device to stop (SIGTERM) instead of killing it")
  .option("--sessions", "kill in the middle of verifications only; most of them must be reported as interrupted")
  .option("--starts <count>", "kill so many starts of the real service instead, each at a moment of its start")
  .option("--enrolment", "kill cameras while they enrol and while they renew their certificate instead")
  .action(async (rounds: string, seed: string, { stop, starts, sessions, enrolment }: Flags) => {
    if (!(Number(starts ?? rounds) > 0)) throw new Error("how many? a number of at least 1");
    tell(`seed ${seed}`);
    const whole = enrolment
      ? await enrolmentsHeld(Number(rounds), Number(seed))
      : starts
        ? await startsHeld(Number(starts), Number(seed))
        : await roundsHeld(Number(rounds), Number(seed), { stop, sessions });
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
