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

/** The change to send: a pack with its bytes, or settings. */
export type Change =
  | { readonly kind: "pack"; readonly pack: SignedPack }
  | { readonly kind: "settings"; readonly set: Readonly<Record<string, string>> };

export interface Ending {
  readonly state: RolloutCameraState;
  readonly because?: string;
}

/**
 * Notes that the change is sent to a camera, and the camera's earlier state if it is not noted yet. Throws if the rollout does
 * not send now.
 */
export type NoteSent = (before?: Before) => Promise<void>;

/**
 * Sends the change to a camera, after noting the camera's earlier state. A repetition after a kill sends the same commands with
 * the same ids, derived from the rollout's id, and a camera executes none of them twice.
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
    // Sending takes minutes. A roll-back that started meanwhile may have passed this camera already.
    await note();
  }
  return endingOf(operator, { type: "pack_activate", hash }, idOf(rollout, camera, "activate"));
}

/** Takes the change back from a camera that still has it. A camera that had it before the rollout keeps it. */
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
 * Reads the state after all earlier commands. A camera executes one command after the other, so the answer to a command without
 * effect shows this state.
 */
async function settledPacks(operator: Operator): Promise<ReportedClaims["packs"]> {
  return (await operator.command({ type: "pack_activate", hash: NO_PACK })).packs;
}

const NO_PACK = "0".repeat(64);

/** Sets values again that a command had set before. Other values return to their earlier source. */
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

/** Repeats the same command while the change of settings is pending, until it is confirmed or undone. */
async function endingOf(operator: Operator, command: Command, id: string): Promise<Ending> {
  const { outcome, code, because, pending, undone } = await operator.command(command, id);
  if (outcome === "refused") return refusal(code, because);
  if (undone?.jti === id) return { state: "failed", because: `undone by itself: ${undone.code}` };
  if (pending?.jti === id) throw new CarrierError("no_answer", `not confirmed yet, ${pending.secondsLeft} s left`);
  return { state: "done" };
}

/** Temporary refusals: the camera is tried again. */
const PASSING = ["change_pending", "storage_failed", "clock_not_set", "expired", "from_future"];

/** The camera could not do it. The cause may pass, or be the change itself. */
export class CameraFailure extends CarrierError {}
const FAILURES = ["measuring_failed", "failed"];

function refusal(code = "refused", because = ""): Ending {
  if (FAILURES.includes(code)) throw new CameraFailure("no_answer", `${code}: ${because}`);
  if (PASSING.includes(code)) throw new CarrierError("no_answer", `${code}: ${because}`);
  return { state: "failed", because: `${code}: ${because}`.slice(0, 500) };
}

/** Makes a command id that is the same in each attempt, and that fits the contract for any name of a camera. */
const idOf = (rollout: string, camera: string, step: string) => digest(`${rollout} ${camera} ${step}`);
