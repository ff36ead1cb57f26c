import { randomUUID } from "node:crypto";
import {
  type CancelClaims,
  DEFAULT_TOPICS,
  type Identity,
  type Progress,
  type Status,
  topicsOf,
} from "../protocol/contract.ts";
import { type MqttClient, openMqttClient, type Tls } from "../protocol/mqtt/client.ts";
import { type JWK, readPrivateKey } from "../protocol/tokens.ts";
import type { Answer, VerifiedReport } from "./answers.ts";
import { openChainTracker, type Place } from "./chain-tracker.ts";
import { type Heard, type Hearing, hear } from "./device-listener.ts";
import { CarrierError } from "./errors.ts";
import { type Ask, type Asker, type Prepared, prepareCancel, prepareVerify } from "./request.ts";
import { requestReply } from "./request-reply.ts";

export interface FleetOptions {
  readonly brokerUrl: URL;
  /** The carrier's private signing key (Ed25519 JWK), whose public half the devices hold. */
  readonly key: JWK;
  readonly issuer?: string;
  /** How topics are made, as the cameras' settings say: with `{device}` and `{channel}` in it. */
  readonly topics?: string;
  /** For a broker over TLS with a private authority, or one that wants a client certificate. */
  readonly tls?: Tls;
  /** The devices to listen to; all of the broker's when it is left out. */
  readonly devices?: readonly string[];
  /** RFC 7638 thumbprints of devices' signing keys, where the broker is not trusted to say who a device is. */
  readonly pins?: Readonly<Record<string, string>>;
  /**
   * A name that several processes share: the broker gives each report to one of them (`$share/…`), and answers to
   * requests come back to whoever asked, by response topic. Needs MQTT 5.
   */
  readonly share?: string;
  /** A name of this process at the broker, and how long the broker keeps its messages while it is away (MQTT 5). */
  readonly clientId?: string;
  readonly sessionSeconds?: number;
  /** Every report once, also those that nobody waits for any more. */
  readonly onReport?: (report: VerifiedReport, place: Place) => void;
  /** What an operator should know: forgeries, gaps in a chain, a connection that is lost. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

export type Trouble =
  | { readonly kind: "forged"; readonly device: string; readonly why: string }
  | { readonly kind: "gap"; readonly device: string; readonly fromSeq: number; readonly toSeq: number }
  | { readonly kind: "broken" | "fork"; readonly device: string; readonly seq: number }
  | { readonly kind: "connection"; readonly error: Error }
  /** Your own `onReport` threw: the report is with you, and the next one follows. */
  | { readonly kind: "handler"; readonly error: unknown };

/** The carrier's end of the wire to one device. */
export interface Carrier {
  /** Asks for a verification and resolves with its verified report. Throws CarrierError. */
  verify(ask: Ask, onProgress?: (progress: Progress) => void): Promise<VerifiedReport>;
  /** The two halves of `verify`: a request can be prepared, kept, and sent again to get the same report again. */
  prepare(ask: Ask): Promise<Prepared>;
  send(prepared: Prepared, onProgress?: (progress: Progress) => void): Promise<VerifiedReport>;
  /** Ends a running verification; its report says why. */
  cancel(jti: string, because: CancelClaims["because"]): Promise<void>;
  /** Who the device is, from its retained identity. */
  identity(): Promise<Identity>;
  /** What the device last said of itself. */
  status(): Promise<Status>;
}

/** Many devices over one connection. */
export interface Fleet extends AsyncDisposable {
  device(name: string): Carrier;
}

/** What is retained comes at once; a device that does not show within this time is not there. */
const SHOWS_WITHIN_MS = 5_000;

/** Connects to devices through a broker. Throws CarrierError `broker_unreachable`. */
export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const template = options.topics ?? DEFAULT_TOPICS;
  const asker: Asker = { issuer: options.issuer ?? "carrier", key: await readPrivateKey(options.key, "signing") };
  const clientId = options.clientId ?? `carrier-${randomUUID().slice(0, 13)}`;
  const replyTopic = options.share === undefined ? undefined : `matchlight/v1/carrier/${clientId}`;
  const broker = openMqttClient({
    ...{ url: options.brokerUrl, clientId, sessionSeconds: options.sessionSeconds ?? 0 },
    subscribe: [...filtersOf(template, options), ...(replyTopic ? [replyTopic] : [])],
    ...(options.tls ? { tls: options.tls } : {}),
  });
  const hearing = hear(broker, { template, replyTopic, pinOf: (device) => options.pins?.[device], ...events(options) });
  try {
    await hearing.connected.within(SHOWS_WITHIN_MS, () => unreachable(options, hearing.trouble()));
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  return {
    device: (name) =>
      carrierOf({ name, broker, hearing, asker, replyTopic, request: topicsOf(template, name).request }),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

function filtersOf(template: string, { devices = ["+"], share }: FleetOptions): readonly string[] {
  return devices.flatMap((device) => {
    const { progress, report, status, identity } = topicsOf(template, device);
    return [identity, status, progress, share === undefined ? report : `$share/${share}/${report}`];
  });
}

function events({ onReport, onTrouble = () => undefined, share }: FleetOptions) {
  const order = openChainTracker();
  return {
    answered(device: string, answer: Answer) {
      if (answer.kind === "forged") onTrouble({ kind: "forged", device, why: answer.why });
      if (answer.kind !== "report") return;
      const place = order.placeOf(answer.report);
      // Of a shared chain every process sees links only, and can tell nothing from what it does not see.
      const whole = share === undefined;
      if (whole && (place.kind === "gap" || place.kind === "broken" || place.kind === "fork"))
        onTrouble({ device, ...place });
      if (place.kind !== "again") onReport?.(answer.report, place);
    },
    lost: (error: Error) => onTrouble({ kind: "connection", error }),
    failed: (error: unknown) => onTrouble({ kind: "handler", error }),
  };
}

interface Wired {
  readonly name: string;
  readonly broker: MqttClient;
  readonly hearing: Hearing;
  readonly asker: Asker;
  readonly request: string;
  readonly replyTopic: string | undefined;
}

function carrierOf({ name, broker, hearing, asker, request: topic, replyTopic }: Wired): Carrier {
  const heard = hearing.of(name);
  const trouble = () => heard.trouble || hearing.trouble();
  const identity = () => presentDevice(heard, name, trouble);
  const send: Carrier["send"] = (prepared, onProgress) =>
    requestReply({ broker, topic, heard, replyTopic }, prepared, onProgress);
  return {
    identity,
    status: () => heard.status.within(SHOWS_WITHIN_MS, () => unknown(name, trouble() || "it tells no status")),
    prepare: async (ask) => prepareVerify(asker, await identity(), ask),
    send,
    verify: async (ask, onProgress) => send(await prepareVerify(asker, await identity(), ask), onProgress),
    async cancel(jti, because) {
      const { sealed } = await prepareCancel(asker, await identity(), jti, because);
      await broker.publish({ topic, payload: sealed, qos: 1, retain: false });
    },
  };
}

async function presentDevice(heard: Heard, device: string, trouble: () => string): Promise<Identity> {
  const identity = await heard.identity.within(SHOWS_WITHIN_MS, () => {
    return unknown(device, trouble() || "it has never connected to this broker under this name");
  });
  const status = await heard.status.within(SHOWS_WITHIN_MS, () => unknown(device, "it tells no status"));
  if (status.state === "offline")
    throw new CarrierError("device_offline", `the device ${device} is not connected to the broker`);
  return identity;
}

function unknown(device: string, why: string): CarrierError {
  return new CarrierError("device_unknown", `the device ${device} is not known: ${why}`);
}

function unreachable({ brokerUrl }: FleetOptions, trouble: string): CarrierError {
  return new CarrierError(
    "broker_unreachable",
    `the broker at ${brokerUrl.host} cannot be reached: ${trouble || "no answer"}`,
  );
}
