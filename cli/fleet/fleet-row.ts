import type { Identity, Status } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import { oneLine } from "../console/visible.ts";

/** The retained messages of one device. */
export interface Seen {
  identity?: Identity;
  status?: Status;
  health?: Health;
}

/** The used part of the register that `carrier enrol` writes. */
export type Register = Readonly<Record<string, { readonly pin: string }>>;

export const REGISTER_FILE = "the register that `matchlight carrier enrol` writes";

/** A row of the list. */
export type Row = Readonly<Record<"camera" | "state" | "release" | "pack" | "health" | "key", string>>;

const MOST_LETTERS = 120;

/** Makes the row of a device. Without a register no key is checked. Pure. */
export function rowOf(camera: string, { identity, status, health }: Seen, register?: Register): Row {
  // Status and health are not signed. A bad message of one camera must not break the table.
  const cell = (words: readonly (string | undefined)[]) => oneLine(words.filter(Boolean).join(" "), MOST_LETTERS);
  return {
    camera,
    state: cell([status?.state ?? "never seen", ...(status?.faults ?? [])]),
    release: cell([identity?.software, identity?.release]) || "-",
    pack: identity ? cell([identity.pack.id, identity.pack.hash.slice(0, 8)]) : "-",
    health: health ? cell([health.state, ...health.codes]) : "-",
    key: register ? keyOf(identity, register[camera]?.pin) : "-",
  };
}

/** Wrong are: an unregistered device, a registered name with another key, and a device without a key. */
function keyOf(identity: Identity | undefined, pin: string | undefined): string {
  if (pin === undefined) return "NOT REGISTERED";
  if (!identity) return "NOT SHOWN";
  return identity.signing.kid === pin ? "registered" : "ANOTHER";
}

/** The cells of a row that need attention, with the level. Pure. */
export function attentionOf({ state, health, key }: Row): Partial<Record<keyof Row, "look" | "wrong">> {
  return {
    ...(["ready", "busy"].includes(state) ? {} : { state: "wrong" }),
    ...(health.startsWith("unhealthy") ? { health: "wrong" } : health.startsWith("degraded") ? { health: "look" } : {}),
    ...(["registered", "-"].includes(key) ? {} : { key: "wrong" }),
  };
}

/** Whether a device needs no attention. Pure. */
export function isWell(row: Row): boolean {
  return !Object.values(attentionOf(row)).includes("wrong");
}
