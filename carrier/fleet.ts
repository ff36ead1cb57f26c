import { randomUUID } from "node:crypto";
import { digest, type JWK } from "../protocol/encoding/tokens.ts";
import {
  type Aim,
  type CancelClaims,
  DEFAULT_TOPICS,
  FIELDS,
  type Identity,
  type Progress,
  type Status,
  topicsOf,
} from "../protocol/messages/contract.ts";
import { replyTopicOf } from "../protocol/messages/topics.ts";
import type { Probe, Tls } from "../protocol/mqtt/client.ts";
import type { VerifiedReport } from "./answers.ts";
import { type ChainTracker, openChainTracker, type Place } from "./chain-tracker.ts";
import { guarded } from "./connection/callbacks.ts";
import { type Connection, connect } from "./connection/connection.ts";
import type { ListenedDevice, ListenerEvents } from "./connection/listened-device.ts";
import { CarrierError } from "./errors.ts";
import {
  type Ask,
  type Asker,
  type Prepared,
  prepareAim,
  prepareCancel,
  prepareReceipt,
  prepareVerify,
  readKey,
} from "./request.ts";
import { aimReply, cancelReply, isPinned, requestReply, type Way } from "./request-reply.ts";

export interface FleetOptions {
  readonly brokerUrl: URL | string;
  /** The carrier's private signing key (Ed25519 JWK). The devices have its public key. */
  readonly key: JWK;
  readonly issuer?: string;
  /** The template of topics, the same as in the cameras' settings. It contains `{device}` and `{channel}`. */
  readonly topics?: string;
  /** For a broker with a private authority, or one that requires a client certificate. */
  readonly tls?: Tls;
  /** The devices to listen to. Default: all devices of the broker. */
  readonly devices?: readonly string[];
  /** RFC 7638 thumbprints of the devices' signing keys. Needed if the broker is not trusted. */
  readonly pins?: Readonly<Record<string, string>>;
  /**
   * Hashes of the model packs that you accept (`pack.hash` of a report). `verify` throws `wrong_pack` for a report by
   * another pack; `onReport` gets it all the same, because it is evidence.
   */
  readonly packs?: readonly string[];
  /**
   * The name of a group of processes. The broker gives each report to one of them (`$share/…`). Answers to a request come
   * to the process that sent it, by its response topic. Needs MQTT 5.
   */
  readonly share?: string;
  /** The name of this process at the broker, and the time for which the broker keeps its messages (MQTT 5). */
  readonly clientId?: string;
  readonly sessionSeconds?: number;
  /**
   * Gets every report, also late ones for which no call waits; each once, until it settles well. A copy of a report with
   * `receipt` comes with the place `again`: its receipt may be lost, so give it again.
   */
  readonly onReport?: (report: VerifiedReport, place: Place) => void | Promise<void>;
  /** Gets forgeries, gaps in a chain and lost connections. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

export type Trouble =
  /** A report or an identity that is not the device's: it is not the pinned one, another key has signed it, or it is damaged. */
  | { readonly kind: "forged"; readonly device: string; readonly why: string }
  | { readonly kind: "gap"; readonly device: string; readonly fromSeq: number; readonly toSeq: number }
  | { readonly kind: "broken" | "fork"; readonly device: string; readonly seq: number }
  | { readonly kind: "connection"; readonly error: Error }
  /** A report by a model pack that is not one of `packs`. */
  | { readonly kind: "pack"; readonly device: string; readonly rid: string; readonly hash: string }
  /** An unsigned message on the reply topic of this process. Anybody may have sent it. */
  | { readonly kind: "unattributed"; readonly why: string }
  /** A message that came before its camera's identity is lost, because too many did. The camera may send it again. */
  | { readonly kind: "dropped"; readonly device: string; readonly why: string }
  /**
   * Your `onReport` or `onProgress` threw an error, or its promise rejected. A copy of that report counts as new: it comes if
   * you promised a receipt, or send the request again.
   */
  | { readonly kind: "handler"; readonly error: unknown };

/** The carrier's connection to one device. */
export interface Carrier {
  /** Asks for a verification and resolves with its verified report. Throws CarrierError. */
  verify(ask: Ask, onProgress?: (progress: Progress) => void): Promise<VerifiedReport>;
  /** The two halves of `verify`: a request can be prepared, kept, and sent again to get the same report again. */
  prepare(ask: Ask): Promise<Prepared>;
  send(prepared: Prepared, onProgress?: (progress: Progress) => void): Promise<VerifiedReport>;
  /**
   * Ends a running verification, whose report then has the reason, or a waiting one, which is refused as `cancelled`. Resolves
   * when the device has answered. Throws CarrierError; its refusal is `already_ended` if the verification has ended.
   */
  cancel(jti: string, because: CancelClaims["because"]): Promise<void>;
  /** The camera describes what it sees, in numbers, for at most 120 s. Resolves with the last message. Throws CarrierError. */
  aim(seconds: number, onAim: (aim: Aim) => void): Promise<Aim>;
  /**
   * Confirms reports that you have stored, at most 100 at once. The camera sends reports with `receipt` again until they
   * are confirmed. Resolves when the broker has the receipt. Throws CarrierError.
   */
  receipt(reports: readonly VerifiedReport[]): Promise<void>;
  /** The retained identity of the device. */
  identity(): Promise<Identity>;
  /** The last status of the device. */
  status(): Promise<Status>;
}

/** Many devices over one connection. */
export interface Fleet extends AsyncDisposable {
  device(name: string): Carrier;
}

/** Retained messages come at once. A device without one after this time is absent. */
const SHOWS_WITHIN_MS = 5_000;

/** Connects to devices through a broker. Throws CarrierError `broker_unreachable`, or `bad_input` for address, key and names. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { brokerUrl, topics: template = DEFAULT_TOPICS, share, pins, tls, sessionSeconds } = options;
  const asker: Asker = { issuer: options.issuer ?? "carrier", key: await readKey(options.key) };
  const clientId = options.clientId ?? `carrier-${randomUUID().slice(0, 13)}`;
  for (const name of share === undefined ? [] : [share, clientId]) requireLevel(name);
  const replyTopic = share === undefined ? undefined : replyTopicOf(template, clientId);
  const onTrouble = guarded(options.onTrouble);
  const connection = await connect({
    brokerUrl,
    clientId,
    tls,
    sessionSeconds,
    subscribe: [...filtersOf(template, options), ...(replyTopic ? [replyTopic] : [])],
    probe: replyTopic === undefined ? undefined : probeOf(replyTopic, clientId),
    template,
    replyTopic,
    pinOf: (device) => pins?.[device],
    events: eventsOf(options, onTrouble),
    withinMs: SHOWS_WITHIN_MS,
  });
  return {
    device: (name) => carrierOf({ name, connection, asker, template, replyTopic, packs: options.packs, onTrouble }),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** A name that becomes a level of a topic. */
function requireLevel(name: string): void {
  if (!FIELDS.device.safeParse(name).success)
    throw new CarrierError("bad_input", `"${name}" cannot be a level of a topic: up to 64 letters, digits, "._-"`);
}

/** Some brokers grant shared subscriptions without support for them, and deliver nothing. A probe shows it. */
function probeOf(replyTopic: string, clientId: string): Probe {
  const topic = `${replyTopic}-probe`;
  return { topic, filter: `$share/${clientId}/${topic}` };
}

function filtersOf(template: string, { devices = ["+"], share }: FleetOptions): readonly string[] {
  return devices.flatMap((device) => {
    const { progress, aim, report, status, identity } = topicsOf(template, device);
    return [identity, status, progress, aim, share === undefined ? report : `$share/${share}/${report}`];
  });
}

function eventsOf(options: FleetOptions, onTrouble: (trouble: Trouble) => void): ListenerEvents {
  const order = openChainTracker();
  const archive = archiving(options, order, onTrouble);
  // Each process of a group sees only some reports, so a missing one means nothing.
  const isWhole = options.share === undefined;
  return {
    answered(device, answer, channel) {
      if (answer.kind === "forged") onTrouble({ kind: "forged", device, why: answer.why });
      if (answer.kind !== "report") return;
      const { report } = answer;
      const place = order.placeOf(report);
      if (isWhole && (place.kind === "gap" || place.kind === "broken" || place.kind === "fork"))
        onTrouble({ device, ...place });
      const { rid, pack, receipt } = report.claims;
      const isAgain = place.kind === "again";
      // The copy on the reply topic is of the same sending, and no sign that the receipt is lost.
      if (isAgain && (!receipt || channel === "reply")) return;
      if (!isAgain && !isPinned(report, options.packs)) onTrouble({ kind: "pack", device, rid, hash: pack.hash });
      void archive(report, place);
    },
    dropped: (device, why) => onTrouble({ kind: "dropped", device, why }),
    unattributed: (why) => onTrouble({ kind: "unattributed", why }),
    lost: (error) => onTrouble({ kind: "connection", error }),
  };
}

/**
 * Calls `onReport`. Copies of a report that it still works on are dropped, because a receipt for them would come too early. A
 * report with which it failed is forgotten, so that the next copy is a new one.
 */
function archiving({ onReport }: FleetOptions, { forget }: ChainTracker, onTrouble: (trouble: Trouble) => void) {
  const underWay = new Set<string>();
  return async (report: VerifiedReport, place: Place): Promise<void> => {
    const { token } = report;
    if (underWay.has(token)) return;
    underWay.add(token);
    try {
      await onReport?.(report, place);
    } catch (error) {
      forget(report);
      onTrouble({ kind: "handler", error });
    } finally {
      underWay.delete(token);
    }
  };
}

interface CarrierParts {
  readonly name: string;
  readonly connection: Connection;
  readonly asker: Asker;
  readonly template: string;
  readonly replyTopic: string | undefined;
  readonly packs: readonly string[] | undefined;
  readonly onTrouble: (trouble: Trouble) => void;
}

function carrierOf({ name, connection, asker, template, replyTopic, packs, onTrouble }: CarrierParts): Carrier {
  const { devices, publish } = connection;
  const [device, topic] = [devices.of(name), topicsOf(template, name).request];
  const trouble = () => device.trouble || devices.trouble();
  const identity = () => presentDevice(device, name, trouble);
  const failed = (error: unknown) => onTrouble({ kind: "handler", error });
  const way: Way = { publish, topic, device, replyTopic, packs, trouble: devices.trouble };
  const send: Carrier["send"] = (prepared, onProgress) => requestReply(way, prepared, guarded(onProgress, failed));
  return {
    identity,
    status: () => device.status.within(SHOWS_WITHIN_MS, () => unknown(name, trouble() || "it sends no status")),
    prepare: async (ask) => prepareVerify(asker, await identity(), ask),
    send,
    verify: async (ask, onProgress) => send(await prepareVerify(asker, await identity(), ask), onProgress),
    aim: async (seconds, onAim) =>
      aimReply(way, await prepareAim(asker, await identity(), seconds), guarded(onAim, failed)),
    async receipt(reports) {
      const named = reports.map(({ claims: { seq }, token }) => ({ seq, digest: digest(token) }));
      await publish({ topic, payload: await prepareReceipt(asker, name, named) });
    },
    async cancel(jti, because) {
      await cancelReply(way, await prepareCancel(asker, await identity(), jti, because), jti);
    },
  };
}

async function presentDevice(listened: ListenedDevice, device: string, trouble: () => string): Promise<Identity> {
  const identity = await listened.identity.within(SHOWS_WITHIN_MS, () => {
    return unknown(device, trouble() || "it has never connected to this broker under this name");
  });
  const status = await listened.status.within(SHOWS_WITHIN_MS, () => unknown(device, "it sends no status"));
  if (status.state === "offline")
    throw new CarrierError("device_offline", `the device ${device} is not connected to the broker`);
  return identity;
}

function unknown(device: string, why: string): CarrierError {
  return new CarrierError("device_unknown", `the device ${device} is not known: ${why}`);
}
