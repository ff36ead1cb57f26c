import type { Identity, Status } from "../../protocol/contract.ts";
import type { Health } from "../../protocol/metrics.ts";

/** What is retained of one camera. */
export interface Seen {
  identity?: Identity;
  status?: Status;
  health?: Health;
}

/** The register that `carrier enrol` writes, as far as it is held against a broker. */
export type Register = Readonly<Record<string, { readonly pin: string }>>;

/** A camera as it is listed. */
export type Row = Readonly<Record<"camera" | "state" | "release" | "pack" | "health" | "key", string>>;

/** Pure. Without a register nobody is held to one. */
export function rowOf(camera: string, { identity, status, health }: Seen, register?: Register): Row {
  return {
    camera,
    state: [status?.state ?? "never seen", ...(status?.faults ?? [])].join(" "),
    release: [identity?.software, identity?.release].filter(Boolean).join(" ") || "-",
    pack: identity ? `${identity.pack.id} ${identity.pack.hash.slice(0, 8)}` : "-",
    health: health ? [health.state, ...health.codes].join(" ") : "-",
    key: register ? keyOf(identity, register[camera]?.pin) : "-",
  };
}

/** A stranger with a key of its own is as wrong as a known name with another's, or with none to show. */
function keyOf(identity: Identity | undefined, pin: string | undefined): string {
  if (pin === undefined) return "NOT REGISTERED";
  if (!identity) return "NOT SHOWN";
  return identity.signing.kid === pin ? "registered" : "ANOTHER";
}

/** Whether nobody needs to look at a camera. Pure. */
export function isWell({ state, health, key }: Row): boolean {
  return ["ready", "busy"].includes(state) && !health.startsWith("unhealthy") && ["registered", "-"].includes(key);
}
