import type { Command } from "commander";
import type { AnswerClaims, Operator, ReportedClaims } from "../../../carrier/client.ts";
import { settingNames } from "../../../device/settings/environment.ts";
import { SETTINGS } from "../../../device/settings/settings.ts";
import { exiting } from "../../console/exit.ts";
import { print } from "../../console/print.ts";
import { printTable } from "../../console/table.ts";
import { oneLine } from "../../console/visible.ts";
import { readPairs } from "../config.ts";
import { fleetOption } from "../enrolment/approve.ts";
import { readFleetFile } from "../fleet-file.ts";
import { camerasOf, connectRegistered } from "./connect.ts";
import { followChange } from "./follow.ts";

interface Flags {
  readonly fleet: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly movedTo?: string;
}

/** `matchlight fleet settings`: compares the wanted settings of registered cameras with the reported ones. */
export function addSettings(fleet: Command): void {
  fleetOption(fleet.command("settings"))
    .description("Show or change settings of a camera, or of all registered cameras.")
    .argument("[id]", "the camera's name in the register, or --all")
    .argument("[change...]", "show; set NAME=value …; or reset [NAME …]", ["show"])
    .option("--all", "all registered cameras, one after the other; the command ends at the first failure")
    .option(
      "--moved-to <file>",
      "the fleet file of another broker, if the change moves cameras there; the command waits for them there, too",
    )
    .option("--json", "print each camera's signed answer as a JSON line")
    .addHelpText("after", settingsHelp)
    .action(exiting(run));
}

async function run(first: string | undefined, words: readonly string[], flags: Flags): Promise<number> {
  const fleet = await readFleetFile(flags.fleet);
  const all = flags.all === true;
  // With --all, the first word is not a camera's name.
  const [verb = "show", ...rest] = all && first !== undefined ? [first, ...withoutDefault(words)] : words;
  const change = changeOf(verb, rest);
  for (const device of await camerasOf(fleet, all ? undefined : first, all)) {
    await using operator = await connectRegistered(fleet, device);
    const code = change === "show" ? await show(operator, flags) : await apply(operator, device, change, flags);
    if (code !== 0) return code;
  }
  return 0;
}

function withoutDefault(words: readonly string[]): readonly string[] {
  return words.length === 1 && words[0] === "show" ? [] : words;
}

type Change =
  | { readonly type: "config_set"; readonly set: Record<string, string> }
  | { readonly type: "config_reset"; readonly names?: string[] };

function changeOf(verb: string, rest: readonly string[]): Change | "show" {
  if (verb === "show") return "show";
  if (verb === "set" && rest.length > 0) return { type: "config_set", set: readPairs(rest) };
  if (verb === "reset") return { type: "config_reset", ...(rest.length > 0 ? { names: [...rest] } : {}) };
  throw new Error(`"${verb}" is not show, set NAME=value … or reset [NAME …]`);
}

async function show(operator: Operator, { json }: Flags): Promise<number> {
  const reported = await operator.reported();
  if (json) print(JSON.stringify(reported));
  else printReported(reported, {});
  return 0;
}

async function apply(operator: Operator, device: string, change: Change, flags: Flags): Promise<number> {
  const answer = await operator.command(change);
  const wanted = change.type === "config_set" ? change.set : {};
  const { pending } = answer;
  if (answer.outcome === "refused") output(flags, answer, printRefused);
  else if (!pending) output(flags, answer, (reported) => printReported(reported, wanted));
  else
    output(flags, answer, () =>
      print(`${device}: stored; the camera has ${pending.secondsLeft} s to reach its broker.`),
    );
  if (answer.outcome === "refused") return 1;
  return pending ? await follow(operator, answer, wanted, flags) : 0;
}

/** Follows a pending change to its end, also at the camera's new broker. */
async function follow(
  operator: Operator,
  answer: AnswerClaims,
  wanted: Readonly<Record<string, string>>,
  flags: Flags,
): Promise<number> {
  await using there = await connectThere(answer.iss, flags);
  const ended = await followChange(there ? [operator, there] : [operator], answer);
  if (ended) {
    output(flags, ended, (reported) => printReported(reported, wanted));
    return ended.undone?.jti === answer.jti ? 1 : 0;
  }
  if (!flags.json) print(unanswered(answer.iss, flags.movedTo));
  return 1;
}

async function connectThere(device: string, { movedTo }: Flags): Promise<Operator | undefined> {
  return movedTo === undefined ? undefined : connectRegistered(await readFleetFile(movedTo), device);
}

function unanswered(device: string, movedTo: string | undefined): string {
  if (movedTo !== undefined)
    return `${device} is at neither broker. Ask again in two minutes; if it stays away, look at its log in the shop.`;
  return `${device} has neither confirmed nor undone it at this broker: it is at another one, or away. If the change moves its broker, ask there: matchlight fleet settings ${device} --fleet <fleet file of that broker>. Next time give that file as --moved-to, and both are waited for.`;
}

function output<T>({ json }: Flags, claims: T, words: (claims: T) => void): void {
  if (json) print(JSON.stringify(claims));
  else words(claims);
}

function printRefused({ iss, code, because, problems = [] }: AnswerClaims): void {
  print(oneLine(`${iss} refused: ${code}: ${because}`));
  if (problems.length > 0)
    printTable(
      ["setting", "code", "why"],
      problems.map((one) => [one.name, one.code, one.because]),
    );
  print("Nothing was changed.");
}

function printReported(
  { iss, config, pending, undone }: Pick<ReportedClaims, "iss" | "config" | "pending" | "undone">,
  wanted: Readonly<Record<string, string>>,
): void {
  print(`${iss}:`);
  printTable(
    ["setting", "desired", "reported", "from"],
    Object.entries(config).map(([name, { value, from }]) => [name, shown(wanted[name]), shown(value), from]),
  );
  if (pending) print(`Pending for ${pending.secondsLeft} s more: ${pending.names.join(", ")}.`);
  if (undone) print(oneLine(`Undone: ${undone.names.join(", ")}: ${undone.code}: ${undone.because}.`));
}

const MOST_LETTERS = 60;

function shown(text = ""): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

function settingsHelp(): string {
  const named = settingNames()
    .map((name) => SETTINGS[name])
    .filter(({ remote }) => remote.change !== "never")
    .map(({ variable, remote }) => `  ${variable}${remote.change === "if_reached" ? " *" : ""}\n      ${remote.why}`);
  return `
Examples:
  matchlight fleet settings counter-1
  matchlight fleet settings counter-1 set MATCHLIGHT_TIMEOUT_MS=8000 MATCHLIGHT_CHALLENGE=always
  matchlight fleet settings --all reset MATCHLIGHT_CHALLENGE
  matchlight fleet settings counter-1 set MATCHLIGHT_BROKER_URL=mqtts://new:8883 --moved-to new/fleet.json

The camera checks all values before it answers; with one mistake it changes nothing. A change of a setting marked * stays only
if the camera reaches its broker. Otherwise the camera undoes the whole change after two minutes and reports the reason.
The environment of a camera has priority. These settings can be changed:
${named.join("\n")}
Exit code: 0 as desired, 1 refused or undone, 3 no answer.`;
}
