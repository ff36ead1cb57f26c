import { createHash } from "node:crypto";

/** The share of this process among several: the cameras whose messages it handles. */
export type Share =
  /** This process is the only one. */
  | { readonly kind: "all" }
  /** The broker gives each message to one process of the group (MQTT 5). */
  | { readonly kind: "group"; readonly group: string }
  /** Each process handles the cameras whose name's hash falls into its part: for brokers without shared subscriptions. */
  | { readonly kind: "part"; readonly part: number; readonly of: number };

/** The topic filter for this share. */
export function filterOf(share: Share, topic: string): string {
  return share.kind === "group" ? `$share/${share.group}/${topic}` : topic;
}

/** Whether this process handles the messages of a camera. Parts are counted from 1. */
export function takes(share: Share, device: string): boolean {
  if (share.kind !== "part") return true;
  return createHash("sha256").update(device).digest().readUInt32BE() % share.of === share.part - 1;
}
