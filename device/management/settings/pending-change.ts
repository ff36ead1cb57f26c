import type { ReportedChange } from "../../../protocol/messages/command-contract.ts";
import type { Change, Store } from "../../storage/store.ts";
import type { Texts } from "./overrides.ts";

/** A change that is kept only if the camera reaches its broker with it. The settings before are stored beside it. */
interface PendingChange {
  /** The id of its command. */
  readonly jti: string;
  /** The variables that it changes. */
  readonly names: readonly string[];
  /** The texts in force while it is pending. */
  readonly texts: Texts;
  /** CLOCK_MONOTONIC: it continues when the process restarts, and starts at zero when the machine restarts. */
  readonly deadlineMs: number;
}

type Undone = NonNullable<ReportedChange["undone"]>;

type ChangeDecision =
  | { readonly kind: "wait"; readonly leftMs: number }
  | { readonly kind: "confirm" }
  | { readonly kind: "undo"; readonly code: "broker_not_reached" | "machine_restarted"; readonly because: string };

/** The facts for the decision about a pending change. */
export interface ChangeFacts {
  readonly nowMs: number;
  /** How long a change may be pending. */
  readonly boundMs: number;
  /** The camera is connected with the change, and the broker denies nothing. */
  readonly reached: boolean;
  /** The latest reason why the broker was not reached. */
  readonly trouble?: string | undefined;
}

/**
 * The decision about a pending change. If the deadline is further away than the bound, the machine has restarted since: the
 * change was pending for an unknown time, so it is undone. Pure.
 */
export function decideChange(
  { deadlineMs }: Pick<PendingChange, "deadlineMs">,
  { nowMs, boundMs, reached, trouble }: ChangeFacts,
): ChangeDecision {
  if (reached) return { kind: "confirm" };
  const leftMs = deadlineMs - nowMs;
  if (leftMs > boundMs) {
    return {
      kind: "undo",
      code: "machine_restarted",
      because: "the machine restarted before the change was confirmed",
    };
  }
  if (leftMs > 0) return { kind: "wait", leftMs };
  const because = `the broker was not reached within ${boundMs / 1_000} s${trouble ? `: ${trouble}` : ""}`;
  return { kind: "undo", code: "broker_not_reached", because: because.slice(0, 500) };
}

const KEYS = { texts: "config", pending: "config_pending", undone: "config_undone" } as const;

/** The stored changes of commands. */
interface StoredChanges {
  /** Confirmed. */
  readonly texts: Texts;
  readonly pending: PendingChange | undefined;
  readonly undone: Undone | undefined;
}

export function readChanges(store: Pick<Store, "get">): StoredChanges {
  return {
    texts: (store.get(KEYS.texts) as Texts | undefined) ?? {},
    pending: store.get(KEYS.pending) as PendingChange | undefined,
    undone: store.get(KEYS.undone) as Undone | undefined,
  };
}

/** The texts in force. Pure. */
export function textsInForce({ texts, pending }: StoredChanges): Texts {
  return pending?.texts ?? texts;
}

/** A later change removes the record of the undone one. */
export const keepTexts = (texts: Texts): readonly Change[] => [
  { type: "put", key: KEYS.texts, value: texts },
  { type: "del", key: KEYS.undone },
];

export const keepPending = (pending: PendingChange): readonly Change[] => [
  { type: "put", key: KEYS.pending, value: pending },
  { type: "del", key: KEYS.undone },
];

export const confirmPending = ({ texts }: PendingChange): readonly Change[] => [
  { type: "put", key: KEYS.texts, value: texts },
  { type: "del", key: KEYS.pending },
];

export const undoPending = (undone: Undone): readonly Change[] => [
  { type: "put", key: KEYS.undone, value: undone },
  { type: "del", key: KEYS.pending },
];
