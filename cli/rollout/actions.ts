import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";
import { type ChangeFlags, namedBy, readChange, requireResumable } from "./change.ts";
import { openRolloutGateway, type RolloutAnswer, type RolloutGateway } from "./gateway.ts";
import { type GoOnFlags, goOn } from "./go-on.ts";
import { lineOf, printRollout, whatOf } from "./show.ts";

interface GatewayFlags {
  readonly gateway: URL;
  readonly token: string;
}

type DriveFlags = GoOnFlags & GatewayFlags;

interface StartFlags extends DriveFlags, ChangeFlags {
  readonly shares: readonly number[];
  readonly hours: number;
  readonly least: number;
}

export async function start(flags: StartFlags): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const change = await readChange(flags);
  if (!change) throw new Error("say what: --pack or --set");
  const { shares, hours, least } = flags;
  const { rollout } = await gateway.start({ what: namedBy(change), shares, hours, least });
  print(`rollout ${rollout}`);
  return goOn(rollout, gateway, change, flags);
}

export async function resume(id: string | undefined, flags: DriveFlags & ChangeFlags): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const found = await meant(gateway, id);
  const change = await readChange(flags);
  if (!change) throw new Error(`name the change of this rollout with --pack or --set: ${whatOf(found)}`);
  requireResumable(found, change);
  if (found.state === "halted") await gateway.move(found.rollout, "running");
  return goOn(found.rollout, gateway, change, flags);
}

export async function rollBack(id: string | undefined, flags: DriveFlags): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const { rollout, state } = await meant(gateway, id);
  if (state !== "undoing" && state !== "undone") await gateway.move(rollout, "undoing");
  return goOn(rollout, gateway, undefined, flags);
}

export async function halt(id: string | undefined, flags: GatewayFlags & { readonly why?: string }): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const { rollout } = await meant(gateway, id);
  print(lineOf(await gateway.move(rollout, "halted", flags.why ?? "a person halted it")));
  return 0;
}

export async function status(
  id: string | undefined,
  flags: GatewayFlags & { readonly json?: boolean },
): Promise<number> {
  const gateway = openRolloutGateway(flags.gateway, flags.token);
  const rollout = await gateway.get((await meant(gateway, id)).rollout);
  const failed = (await gateway.all(rollout.rollout)).filter(({ because }) => because);
  if (flags.json) print(JSON.stringify({ ...rollout, failed }));
  else printRollout(rollout, failed);
  return rollout.state === "halted" ? 1 : 0;
}

export async function list(flags: GatewayFlags): Promise<number> {
  const rollouts = await openRolloutGateway(flags.gateway, flags.token).list();
  printTable(
    ["rollout", "begun", "change", "state", "stage"],
    rollouts.map((one) => [one.rollout, one.createdAt, whatOf(one), one.state, `${one.stage} of ${one.shares.length}`]),
  );
  return 0;
}

/** The rollout with this id; the last one without it. */
async function meant(gateway: RolloutGateway, id: string | undefined): Promise<RolloutAnswer> {
  if (id !== undefined) return gateway.get(id);
  const [last] = await gateway.list();
  if (!last) throw new Error("there was no rollout yet");
  return last;
}
