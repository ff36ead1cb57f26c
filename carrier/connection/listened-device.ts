import { openSerialiser, type Serialiser } from "../../protocol/common/serialiser.ts";
import type { AnswerClaims, ReportedClaims } from "../../protocol/messages/command-contract.ts";
import type { Aim, Identity, Progress, Status } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import {
  type Answer,
  type Channel,
  MESSAGE_BYTES,
  readAim,
  readAnswer,
  readCommandAnswer,
  readHealth,
  readIdentity,
  readProgress,
  readReported,
  readStatus,
  type SignedChannel,
} from "../answers.ts";
import { type Deferred, deferred, type Waiters } from "./deferred.ts";

/** The received messages of one device, and the listeners for more. */
export interface ListenedDevice {
  readonly identity: Deferred<Identity>;
  readonly status: Deferred<Status>;
  readonly health: Deferred<Health>;
  readonly reported: Deferred<ReportedClaims>;
  readonly listeners: Set<Listener>;
  /** Who waits for the device, also for an answer of it. */
  readonly waiters: Waiters;
  /** Why something of it is not accepted, in words; empty when nothing is wrong. */
  trouble: string;
}

/** A listener for messages of one device. */
export interface Listener {
  progress?(progress: Progress): void;
  aim?(aim: Aim): void;
  answer?(answer: Answer): void;
  commandAnswer?(answer: AnswerClaims): void;
}

/** The topic of an answer: a report comes on `report`, and on `reply` once more to the process that asked for it. */
type AnswerChannel = "report" | "reply";

/** None of these may throw. */
export interface ListenerEvents {
  /** Gets every answer. */
  answered(device: string, answer: Answer, channel: AnswerChannel): void;
  /** Gets a message on the topic of this process that the named device did not sign. */
  unattributed(why: string): void;
  /** Gets why a message that may be the device's is lost. */
  dropped(device: string, why: string): void;
  lost(error: Error): void;
}

interface Origin {
  readonly name: string;
  readonly pin: string | undefined;
  /** Bytes of all devices' messages that wait for an identity. */
  readonly early: { bytes: number };
  readonly waiters: Waiters;
  readonly events: ListenerEvents | undefined;
}

/** A device with the messages that wait for their turn. */
export interface Receiver extends ListenedDevice {
  readonly origin: Origin;
  /** Its own messages that wait for its identity. */
  readonly early: { readonly messages: Early[]; bytes: number };
  readonly inTurn: Serialiser;
}

interface Early {
  readonly channel: SignedChannel;
  readonly token: string;
}

/**
 * A broker sends retained messages in any order: signed messages can come before the identity that proves them. The bound of
 * one device is smaller than that of all, so that it cannot take the place of the others.
 */
const MOST_EARLY = { messages: 1_000, bytesOfOne: 2_000_000, bytesOfAll: 16_000_000 };

export function newDevice(origin: Origin): Receiver {
  return {
    origin,
    early: { messages: [], bytes: 0 },
    inTurn: openSerialiser(),
    identity: deferred<Identity>(origin.waiters),
    status: deferred<Status>(origin.waiters),
    health: deferred<Health>(origin.waiters),
    reported: deferred<ReportedClaims>(origin.waiters),
    listeners: new Set(),
    waiters: origin.waiters,
    trouble: "",
  };
}

/**
 * Takes a message of a device. Its size is checked first. Messages of one device are handled in their order, even if the
 * check of a signature takes long.
 */
export function receive(to: Receiver, channel: Channel, payload: Uint8Array): Promise<void> {
  const most = MESSAGE_BYTES[channel];
  if (payload.length > most) {
    refuse(to, channel, `a message on ${channel} has ${payload.length} bytes, and at most ${most} are read`);
    return Promise.resolve();
  }
  return to.inTurn(() => attempt(to, channel, () => READERS[channel](to, payload)));
}

/** A message that cannot be read is refused, and the next one is read. */
async function attempt(to: Receiver, channel: Channel, read: () => void | Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    refuse(to, channel, error instanceof Error ? error.message : String(error));
  }
}

function refuse(to: Receiver, channel: Channel, why: string): void {
  to.trouble = why;
  if (channel === "report" || channel === "identity")
    to.origin.events?.answered(to.origin.name, { kind: "forged", why }, "report");
  if (channel === "reply") to.origin.events?.unattributed(why);
}

const READERS: Readonly<Record<Channel, (to: Receiver, payload: Uint8Array) => void | Promise<void>>> = {
  async identity(to, payload) {
    const { name, pin } = to.origin;
    const read = await readIdentity(payload, name);
    if (!read || (pin !== undefined && (pin !== read.signing.kid || read.proof === undefined)))
      throw new Error("its identity is not the one that was pinned, or is damaged");
    to.identity.fill(read);
    await receiveEarly(to);
  },
  status(to, payload) {
    const read = readStatus(payload);
    if (read?.device === to.origin.name) to.status.fill(read);
  },
  health(to, payload) {
    const read = readHealth(payload);
    if (read?.device === to.origin.name) to.health.fill(read);
  },
  aim(to, payload) {
    const read = readAim(payload);
    if (read) for (const listener of to.listeners) listener.aim?.(read);
  },
  progress(to, payload) {
    const read = readProgress(payload);
    if (read) for (const listener of to.listeners) listener.progress?.(read);
  },
  report: (to, payload) => receiveSigned(to, "report", tokenOf(payload)),
  reply: (to, payload) => receiveSigned(to, "reply", tokenOf(payload)),
  answer: (to, payload) => receiveSigned(to, "answer", tokenOf(payload)),
  reported: (to, payload) => receiveSigned(to, "reported", tokenOf(payload)),
};

async function receiveSigned(to: Receiver, channel: SignedChannel, token: string): Promise<void> {
  const from = to.identity.value();
  if (from) return SIGNED_READERS[channel](to, token, from);
  if (!hasRoom(to, token)) {
    to.trouble = "too many of its messages came before its identity";
    return to.origin.events?.dropped(to.origin.name, to.trouble);
  }
  countEarly(to, token.length);
  to.early.messages.push({ channel, token });
}

function hasRoom({ early, origin }: Receiver, { length }: string): boolean {
  const { messages, bytesOfOne, bytesOfAll } = MOST_EARLY;
  const isFull = early.messages.length >= messages || early.bytes + length > bytesOfOne;
  return !isFull && origin.early.bytes + length <= bytesOfAll;
}

function countEarly({ early, origin }: Receiver, bytes: number): void {
  early.bytes += bytes;
  origin.early.bytes += bytes;
}

async function receiveEarly(to: Receiver): Promise<void> {
  for (const { channel, token } of to.early.messages.splice(0)) {
    countEarly(to, -token.length);
    await attempt(to, channel, () => receiveSigned(to, channel, token));
  }
}

const SIGNED_READERS: Readonly<Record<SignedChannel, (to: Receiver, token: string, from: Identity) => Promise<void>>> =
  {
    async report(to, token, from) {
      deliver(to, "report", await readAnswer(token, from));
    },
    /** Anybody may have written this message, so an error in it is not an error of the device that it names. */
    async reply(to, token, from) {
      const answer = await readAnswer(token, from);
      if (answer.kind === "forged") to.origin.events?.unattributed(answer.why);
      else deliver(to, "reply", answer);
    },
    async answer(to, token, from) {
      const answer = await readCommandAnswer(token, from);
      for (const listener of to.listeners) listener.commandAnswer?.(answer);
    },
    async reported(to, token, from) {
      to.reported.fill(await readReported(token, from));
    },
  };

function deliver({ origin, listeners }: Receiver, channel: AnswerChannel, answer: Answer): void {
  origin.events?.answered(origin.name, answer, channel);
  for (const listener of listeners) listener.answer?.(answer);
}

/** Tokens are ASCII. A separate string does not keep the larger buffer of the message in memory. */
function tokenOf(payload: Uint8Array): string {
  return Buffer.from(payload).toString("latin1");
}
