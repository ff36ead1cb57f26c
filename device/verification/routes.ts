import type { Topics } from "../../protocol/messages/contract.ts";
import type { Management } from "../management/command-handler.ts";
import type { Renewal } from "../management/renew.ts";
import type { Log } from "../process/log.ts";
import type { Message } from "./request-handler.ts";

/** Passes each message to the handler of its topic. Never rejects: a handler that fails must not end the process. */
export function routed(
  topics: Topics,
  request: (message: Message) => Promise<void>,
  management: Pick<Management, "command" | "chunk">,
  renewal: Pick<Renewal, "take"> | undefined,
  log: Pick<Log, "error">,
): (message: Message) => Promise<void> {
  const handle = (message: Message) => {
    if (message.topic === topics.command) return management.command(message.payload);
    if (message.topic === topics.chunk) return management.chunk(message.payload);
    if (message.topic === topics.approval) return renewal?.take(message.payload) ?? Promise.resolve();
    return request(message);
  };
  return (message) => handle(message).catch((err: unknown) => log.error({ event: "request_failed", err }));
}
