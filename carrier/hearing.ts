import type { Broker } from "../device/link/broker.ts";
import type { Identity, Progress, Status, Topics } from "../device/link/contract.ts";
import { type Answer, readAnswer, readIdentity, readProgress, readStatus } from "./answers.ts";
import { type Slot, slot } from "./slot.ts";

/** What has been heard from a device, and who is waiting for more. */
export interface Hearing {
  readonly connected: Slot<true>;
  readonly identity: Slot<Identity>;
  readonly status: Slot<Status>;
  /** Why nothing is heard, in words; empty when nothing is wrong. */
  readonly trouble: () => string;
  readonly listeners: Set<Listener>;
}

export interface Listener {
  progress(progress: Progress): void;
  answer(answer: Answer): void;
}

export interface Heard {
  readonly device: string;
  readonly topics: Topics;
  /** The thumbprint that the device's signing key must have, if one is pinned. */
  readonly pinned: string | undefined;
}

/** Starts to listen to a device: its identity and status are kept, the rest goes to the listeners. */
export function hear(broker: Broker, { device, topics, pinned }: Heard): Hearing {
  const listeners = new Set<Listener>();
  const [connected, identity, status] = [slot<true>(), slot<Identity>(), slot<Status>()];
  let trouble = "";

  const onIdentity = async (payload: string) => {
    const read = await readIdentity(payload, device);
    if (read && (pinned === undefined || read.signing.kid === pinned)) identity.fill(read);
    else trouble = "its identity is not the one that was pinned, or is damaged";
  };
  const onReport = async (payload: string) => {
    const from = identity.value();
    if (!from) return;
    const answer = await readAnswer(payload, from);
    for (const listener of listeners) listener.answer(answer);
  };
  const onProgress = (payload: string) => {
    const read = readProgress(payload);
    if (read) for (const listener of listeners) listener.progress(read);
  };
  const onStatus = (payload: string) => {
    const read = readStatus(payload);
    if (read) status.fill(read);
  };
  const handlers: Readonly<Record<string, (payload: string) => void>> = {
    [topics.identity]: (payload) => void onIdentity(payload),
    [topics.report]: (payload) => void onReport(payload),
    [topics.progress]: onProgress,
    [topics.status]: onStatus,
  };

  broker.start({
    connected: () => connected.fill(true),
    lost(error) {
      trouble = error.message;
    },
    message: (topic, payload) => handlers[topic]?.(Buffer.from(payload).toString("utf8")),
  });
  return { connected, identity, status, trouble: () => trouble, listeners };
}
