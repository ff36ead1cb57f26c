import type { Topics } from "../../protocol/contract.ts";
import type { Management } from "../management/command-handler.ts";
import type { BoundedQueue } from "../messaging/bounded-queue.ts";
import type { Message } from "./request-handler.ts";

/** Each message to those who read its topic. */
export function routed(
  topics: Topics,
  requestHandler: BoundedQueue<Message>,
  management: Management,
): (message: Message) => void {
  return (message) => {
    if (message.topic === topics.command) management.command(message.payload);
    else if (message.topic === topics.chunk) management.chunk(message.payload);
    else requestHandler.add(message);
  };
}
