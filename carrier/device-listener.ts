import { type Identity, type Progress, readTopic, type Status } from "../protocol/contract.ts";
import type { MqttClient } from "../protocol/mqtt/client.ts";
import { type Answer, readAnswer, readIdentity, readProgress, readStatus } from "./answers.ts";
import { type Deferred, deferred } from "./deferred.ts";

/** What has been heard from one device, and who is waiting for more. */
export interface Heard {
  readonly identity: Deferred<Identity>;
  readonly status: Deferred<Status>;
  readonly listeners: Set<Listener>;
  /** Why its identity is not taken, in words; empty when nothing is wrong. */
  trouble: string;
}

export interface Listener {
  progress(progress: Progress): void;
  answer(answer: Answer): void;
}

/** What has been heard from all devices. */
export interface Hearing {
  readonly connected: Deferred<true>;
  /** Why nothing is heard, in words; empty when nothing is wrong. */
  readonly trouble: () => string;
  of(device: string): Heard;
}

export interface HearingOptions {
  readonly template: string;
  /** The thumbprint that a device's signing key must have, if one is pinned. */
  readonly pinOf: (device: string) => string | undefined;
  /** A topic of our own on which answers of all devices come, if there is one. */
  readonly replyTopic?: string | undefined;
  /** Every answer, whoever waits for it. */
  readonly answered: (device: string, answer: Answer) => void;
  readonly lost: (error: Error) => void;
  /** `answered` threw. */
  readonly failed: (error: unknown) => void;
}

/** Answers that came before the identity that proves them; a broker sends what is retained in no certain order. */
const EARLY_LIMIT = 1_000;

/** Starts to listen: identities and states are kept, the rest goes to the listeners. */
export function hear(broker: MqttClient, options: HearingOptions): Hearing {
  const devices = new Map<string, Known>();
  const connected = deferred<true>();
  let trouble = "";

  const of = (device: string) => {
    const known = devices.get(device) ?? newDevice();
    devices.set(device, known);
    return known;
  };
  /** One after the other for each device: what came first is told first, however long a signature takes to check. */
  const onAnswer = (device: string, token: string) => {
    const heard = of(device);
    heard.turn = heard.turn.then(() => takeAnswer(device, heard, token)).catch(options.failed);
  };
  const takeAnswer = async (device: string, heard: Known, token: string) => {
    const identity = heard.identity.value();
    if (!identity) return void (heard.early.length < EARLY_LIMIT && heard.early.push(token));
    const answer = await readAnswer(token, identity);
    options.answered(device, answer);
    for (const listener of heard.listeners) listener.answer(answer);
  };
  const onIdentity = async (device: string, payload: string) => {
    const [heard, read, pin] = [of(device), await readIdentity(payload, device), options.pinOf(device)];
    if (!read || (pin !== undefined && (pin !== read.signing.kid || read.proof === undefined))) {
      heard.trouble = "its identity is not the one that was pinned, or is damaged";
      return;
    }
    heard.identity.fill(read);
    for (const token of heard.early.splice(0)) onAnswer(device, token);
  };
  /** Any camera may write here: a name that is not known from its own topics is nobody's, and is not remembered. */
  const onReply = (token: string) => {
    const issuer = issuerOf(token);
    if (devices.has(issuer)) onAnswer(issuer, token);
  };
  const handlers: Readonly<Record<string, (device: string, payload: string) => void>> = {
    identity: (device, payload) => void onIdentity(device, payload),
    report: onAnswer,
    progress(device, payload) {
      const read = readProgress(payload);
      if (read) for (const listener of of(device).listeners) listener.progress(read);
    },
    status(device, payload) {
      const read = readStatus(payload);
      if (read?.device === device) of(device).status.fill(read);
    },
  };

  broker.start({
    connected() {
      connected.fill(true);
      trouble = "";
    },
    lost(error) {
      trouble = error.message;
      options.lost(error);
    },
    denied(error) {
      trouble = error.message;
      options.lost(error);
    },
    message(topic, bytes) {
      const payload = Buffer.from(bytes).toString("utf8");
      if (topic === options.replyTopic) return onReply(payload);
      const from = readTopic(options.template, topic);
      if (from) handlers[from.channel]?.(from.device, payload);
    },
  });
  return { connected, trouble: () => trouble, of };
}

/** What is kept of a device beside what others may see. */
interface Known extends Heard {
  readonly early: string[];
  turn: Promise<void>;
}

function newDevice(): Known {
  return {
    turn: Promise.resolve(),
    identity: deferred<Identity>(),
    status: deferred<Status>(),
    listeners: new Set(),
    trouble: "",
    early: [],
  };
}

/** Whose token it says it is; whether it is, its signature tells. */
function issuerOf(token: string): string {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return String(claims.iss);
  } catch {
    return "";
  }
}
