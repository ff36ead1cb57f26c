import type { Topics } from "../../protocol/contract.ts";
import type { Management } from "../management/command-handler.ts";
import type { Message } from "./request-handler.ts";

/** Each message to those who read its topic. */
export function routed(
  topics: Topics,
  request: (message: Message) => Promise<void>,
  management: Management,
): (message: Message) => Promise<void> {
  return (message) => {
    if (message.topic === topics.command) return management.command(message.payload);
    if (message.topic === topics.chunk) return management.chunk(message.payload);
    return request(message);
  };
}
