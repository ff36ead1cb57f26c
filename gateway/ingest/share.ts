import { createHash } from "node:crypto";

/** Which cameras' messages this process takes, of several processes. */
export type Share =
  /** It is the only one. */
  | { readonly kind: "all" }
  /** The broker gives each message to one of those who name the same group (MQTT 5). */
  | { readonly kind: "group"; readonly group: string }
  /** Each takes the cameras whose name's hash falls to it: for brokers without shared subscriptions. */
  | { readonly kind: "part"; readonly part: number; readonly of: number };

/** The filter that a process subscribes to for a topic. */
export function filterOf(share: Share, topic: string): string {
  return share.kind === "group" ? `$share/${share.group}/${topic}` : topic;
}

/** Whether the messages of a camera are this process's to take. Parts are counted from 1. */
export function takes(share: Share, device: string): boolean {
  if (share.kind !== "part") return true;
  return createHash("sha256").update(device).digest().readUInt32BE() % share.of === share.part - 1;
}
