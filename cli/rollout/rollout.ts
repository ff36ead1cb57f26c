import type { Command } from "commander";
import type { RolloutChange } from "../../gateway/register/rollouts/rollouts.ts";
import { numberFrom, wholeFrom } from "../console/arguments.ts";
import { exiting } from "../console/exit.ts";
import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";
import { brokerOptions } from "../fleet/broker-options.ts";
import { readPairs } from "../fleet/config.ts";
import { readSignedPack } from "../pack/signed.ts";
import type { Change } from "./camera.ts";
import { openRolloutGateway, type RolloutAnswer, type RolloutGateway } from "./gateway.ts";
import { type GoOnFlags, goOn } from "./go-on.ts";
import { LEGEND } from "./picture.ts";
import { addRelease } from "./release.ts";
import { lineOf, printRollout, whatOf } from "./show.ts";

interface GatewayFlags {
  readonly gateway: URL;
  readonly token: string;
}

type DriveFlags = GoOnFlags & GatewayFlags;

interface ChangeFlags {
  readonly pack?: string;
  readonly set?: readonly string[];
}

interface StartFlags extends DriveFlags, ChangeFlags {
  readonly shares: readonly number[];
  readonly hours: number;
  readonly least: number;
}

const EXIT = "\nExit code: 0 over, or with --once not over yet; 1 halted; 3 failed: use `rollout resume`.";

/** `matchlight fleet rollout`: brings a pack or settings to the whole fleet in stages. */
export function addRollout(fleet: Command): void {
  const rollout = fleet
    .command("rollout")
    .description("Bring a model pack or settings to the fleet in stages; halt by itself if the cameras get worse.")
    .addHelpText(
      "after",
      `
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
the change, so resume requires the same --pack or --set. The line of a round has a mark for each camera: ${LEGEND}.`,
    );
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
  sendOptions(rollout.command("resume"))
    .description(
      "Continue a rollout. After a halt, its stage is counted from zero. Cameras that were offline get the change, too.",
    )
    .argument("[id]", "the rollout; the last one is meant without it")
    .action(exiting(resume));
  driveOptions(rollout.command("roll-back"))
    .description("Take the change back from every camera that has it, until no camera has it.")
    .argument("[id]", "the rollout; the last one is meant without it")
    .action(exiting(rollBack));
  gatewayOptions(rollout.command("halt"))
    .description("Halt a rollout: nothing is sent until somebody resumes it.")
    .argument("[id]", "the rollout; the last one is meant without it")
    .option("--why <words>", "the reason, for the next person who looks")
    .action(exiting(halt));
  gatewayOptions(rollout.command("status"))
    .description("Print the state of a rollout, and its figures against the baseline.")
    .argument("[id]", "the rollout; the last one is meant without it")
    .option("--json", "print it as JSON")
    .addHelpText("after", "\nExit code: 0 the rollout runs or is over, 1 it is halted.")
    .action(exiting(status));
  gatewayOptions(rollout.command("list")).description("List the last rollouts.").action(exiting(list));
  addRelease(rollout);
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

async function start(flags: StartFlags): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const change = await readChange(flags);
  if (!change) throw new Error("say what: --pack or --set");
  const { shares, hours, least } = flags;
  const { rollout } = await gateway.start({ what: namedBy(change), shares, hours, least });
  print(`rollout ${rollout}`);
  return goOn(rollout, gateway, change, flags);
}

async function resume(id: string | undefined, flags: DriveFlags & ChangeFlags): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const found = await meant(gateway, id);
  const change = await readChange(flags);
  if (!change) throw new Error(`name the change of this rollout with --pack or --set: ${whatOf(found)}`);
  requireResumable(found, change);
  if (found.state === "halted") await gateway.move(found.rollout, "running");
  return goOn(found.rollout, gateway, change, flags);
}

async function rollBack(id: string | undefined, flags: DriveFlags): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const { rollout, state } = await meant(gateway, id);
  if (state !== "undoing" && state !== "undone") await gateway.move(rollout, "undoing");
  return goOn(rollout, gateway, undefined, flags);
}

async function halt(id: string | undefined, flags: GatewayFlags & { readonly why?: string }): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const { rollout } = await meant(gateway, id);
  print(lineOf(await gateway.move(rollout, "halted", flags.why ?? "a person halted it")));
  return 0;
}

async function status(id: string | undefined, flags: GatewayFlags & { readonly json?: boolean }): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const rollout = await gateway.get((await meant(gateway, id)).rollout);
  const failed = (await gateway.all(rollout.rollout)).filter(({ because }) => because);
  if (flags.json) print(JSON.stringify({ ...rollout, failed }));
  else printRollout(rollout, failed);
  return rollout.state === "halted" ? 1 : 0;
}

async function list(flags: GatewayFlags): Promise<number> {
  const rollouts = await openRolloutGateway(flags.gateway, flags.token).list();
  printTable(
    ["rollout", "begun", "change", "state", "stage"],
    rollouts.map((one) => [one.rollout, one.createdAt, whatOf(one), one.state, `${one.stage} of ${one.shares.length}`]),
  );
  return 0;
}

async function meant(gateway: RolloutGateway, id: string | undefined): Promise<RolloutAnswer> {
  if (id !== undefined) return gateway.get(id);
  const [last] = await gateway.list();
  if (!last) throw new Error("there was no rollout yet");
  return last;
}

async function readChange({ pack, set }: ChangeFlags): Promise<Change | undefined> {
  if (pack !== undefined && set !== undefined) throw new Error("--pack and --set need separate rollouts");
  if (pack !== undefined) return { kind: "pack", pack: await readSignedPack(pack) };
  return set === undefined ? undefined : { kind: "settings", set: readPairs(set) };
}

/**
 * The operator names the change again, because a gateway could invent one. Throws if the rollout has another change, or is being
 * taken back.
 */
export function requireResumable(found: Pick<RolloutAnswer, "state" | "what">, change: Change): void {
  if (found.state === "undoing") throw new Error("it is being taken back: go on with `rollout roll-back`");
  if (!isSame(found.what, namedBy(change)))
    throw new Error(
      `this is another ${found.what.kind === "pack" ? "pack" : "change"}: the rollout has ${whatOf(found)}`,
    );
}

function namedBy(change: Change): RolloutChange {
  if (change.kind === "settings") return change;
  const { id, version, hash } = change.pack.claims;
  return { kind: "pack", id, version, hash };
}

function isSame(one: RolloutChange, other: RolloutChange): boolean {
  if (one.kind === "pack") return other.kind === "pack" && one.hash === other.hash;
  const sorted = (set: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(set).sort());
  return other.kind === "settings" && sorted(one.set) === sorted(other.set);
}

function readShares(text: string): readonly number[] {
  return text.split(",").map(numberFrom(0.01, 100));
}
