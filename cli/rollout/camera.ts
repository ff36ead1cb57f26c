import {
  CarrierError,
  type Command,
  type Operator,
  type ReportedClaims,
  type SignedPack,
} from "../../carrier/client.ts";
import type { RolloutCameraState } from "../../gateway/register/rollouts/rollouts.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import type { Before, Noted } from "./before.ts";
import type { RolloutCameraAnswer } from "./gateway.ts";

/** What is sent: the pack with its bytes, or settings. */
export type Change =
  | { readonly kind: "pack"; readonly pack: SignedPack }
  | { readonly kind: "settings"; readonly set: Readonly<Record<string, string>> };

export interface Ending {
  readonly state: RolloutCameraState;
  readonly because?: string;
}

/** Notes that a camera is sent to, and what it had before where that is not noted yet. Throws when nothing is sent now. */
export type NoteSent = (before?: Before) => Promise<void>;

/**
 * Brings the change to a camera. What it had before is noted first. Whoever is killed at any point says the same again: the
 * commands have ids of the rollout's, and a camera does none of them twice.
 */
export async function sendChange(
  operator: Operator,
  rollout: string,
  { camera, before }: RolloutCameraAnswer,
  change: Change,
  note: NoteSent,
): Promise<Ending> {
  await note(before ? undefined : beforeOf(await operator.reported(), change));
  if (change.kind === "settings")
    return endingOf(operator, { type: "config_set", set: change.set }, idOf(rollout, camera, "set"));
  const { hash } = change.pack.claims;
  const { active, ready } = (await operator.reported()).packs;
  if (active.hash === hash) return { state: "done" };
  if (!ready.includes(hash)) {
    const { outcome, code, because } = await operator.sendPack(change.pack);
    if (outcome === "refused") return refusal(code, because);
    // Sending takes minutes: whoever took the rollout back meanwhile has passed this camera by.
    await note();
  }
  return endingOf(operator, { type: "pack_activate", hash }, idOf(rollout, camera, "activate"));
}

/** Takes it back from a camera, if it still has it. A camera that had it before the rollout keeps it. */
export async function takeBack(operator: Operator, { rollout, camera, before: was }: Noted): Promise<Ending> {
  if (was.kind === "settings") return takeBackSettings(operator, rollout, camera, was);
  const { active } = await settledPacks(operator);
  if (was.hash === was.next || active.hash !== was.next) return { state: "undone" };
  const answer = await operator.command({ type: "pack_rollback" }, idOf(rollout, camera, "rollback"));
  if (answer.outcome === "refused") return refusal(answer.code, answer.because);
  if (answer.packs.active.hash === was.hash) return { state: "undone" };
  return { state: "failed", because: `the roll-back gave ${answer.packs.active.hash}, not ${was.hash}` };
}

/**
 * What is in force once everything that was sent before is carried out: cameras take one command after the other, so the answer
 * to one that changes nothing tells.
 */
async function settledPacks(operator: Operator): Promise<ReportedClaims["packs"]> {
  return (await operator.command({ type: "pack_activate", hash: NO_PACK })).packs;
}

const NO_PACK = "0".repeat(64);

/** Values that a command had set are set again; the others come from where they came from. */
async function takeBackSettings(
  operator: Operator,
  rollout: string,
  camera: string,
  { config }: Extract<Before, { readonly kind: "settings" }>,
): Promise<Ending> {
  const all = Object.entries(config);
  const set = all
    .filter(([, { from }]) => from === "command")
    .map(([name, { value }]): [string, string] => [name, value]);
  const names = all.filter(([, { from }]) => from !== "command").map(([name]) => name);
  const digests = set.filter(([, value]) => value.startsWith("sha256:")).map(([name]) => name);
  if (digests.length > 0)
    return { state: "failed", because: `too long to be known here; set it back by hand: ${digests.join(", ")}` };
  const commands: readonly (readonly [Command, string])[] = [
    ...(set.length > 0 ? [[{ type: "config_set", set: Object.fromEntries(set) }, "set-back"] as const] : []),
    ...(names.length > 0 ? [[{ type: "config_reset", names }, "reset"] as const] : []),
  ];
  for (const [command, step] of commands) {
    const { state, because } = await endingOf(operator, command, idOf(rollout, camera, step));
    if (state === "failed") return { state, ...(because ? { because } : {}) };
  }
  return { state: "undone" };
}

function beforeOf({ config, packs }: ReportedClaims, change: Change): Before {
  if (change.kind === "pack") return { kind: "pack", hash: packs.active.hash, next: change.pack.claims.hash };
  const names = Object.keys(change.set);
  return {
    kind: "settings",
    config: Object.fromEntries(Object.entries(config).filter(([name]) => names.includes(name))),
  };
}

/** A pending change of settings is asked about again, by the same command, until it is confirmed or undone. */
async function endingOf(operator: Operator, command: Command, id: string): Promise<Ending> {
  const { outcome, code, because, pending, undone } = await operator.command(command, id);
  if (outcome === "refused") return refusal(code, because);
  if (undone?.jti === id) return { state: "failed", because: `undone by itself: ${undone.code}` };
  if (pending?.jti === id) throw new CarrierError("no_answer", `not confirmed yet, ${pending.secondsLeft} s left`);
  return { state: "done" };
}

/** Refusals that say something of the moment, not of the change: the camera is tried again. */
const PASSING = [
  "change_pending",
  "storage_failed",
  "measuring_failed",
  "failed",
  "clock_not_set",
  "expired",
  "from_future",
];

function refusal(code = "refused", because = ""): Ending {
  if (PASSING.includes(code)) throw new CarrierError("no_answer", `${code}: ${because}`);
  return { state: "failed", because: `${code}: ${because}`.slice(0, 500) };
}

/** An id that is the same whenever it is made, and fits the contract whatever the camera's name is. */
const idOf = (rollout: string, camera: string, step: string) => digest(`${rollout} ${camera} ${step}`);
