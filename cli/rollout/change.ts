import type { RolloutChange } from "../../gateway/register/rollouts/rollouts.ts";
import { readPairs } from "../fleet/config.ts";
import { readSignedPack } from "../pack/signed.ts";
import type { Change } from "./camera.ts";
import type { RolloutAnswer } from "./gateway.ts";
import { whatOf } from "./show.ts";

export interface ChangeFlags {
  readonly pack?: string;
  readonly set?: readonly string[];
}

/** Reads the change that the operator names. Undefined if none is named. */
export async function readChange({ pack, set }: ChangeFlags): Promise<Change | undefined> {
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

/** The change as the gateway names it. */
export function namedBy(change: Change): RolloutChange {
  if (change.kind === "settings") return change;
  const { id, version, hash } = change.pack.claims;
  return { kind: "pack", id, version, hash };
}

function isSame(one: RolloutChange, other: RolloutChange): boolean {
  if (one.kind === "pack") return other.kind === "pack" && one.hash === other.hash;
  const sorted = (set: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(set).sort());
  return other.kind === "settings" && sorted(one.set) === sorted(other.set);
}
