import { randomUUID } from "node:crypto";
import { type Broker, openBroker, type Tls } from "../device/link/broker.ts";
import { type CancelClaims, DEFAULT_TOPICS, type Identity, type Progress, topicsOf } from "../device/link/contract.ts";
import { type JWK, readPrivateKey } from "../device/link/seal.ts";
import type { VerifiedReport } from "./answers.ts";
import { CarrierError } from "./errors.ts";
import { type Hearing, hear, type Listener } from "./hearing.ts";
import { type Ask, type Asker, type Prepared, prepareCancel, prepareVerify } from "./request.ts";
import { slot } from "./slot.ts";

export type { VerifiedReport } from "./answers.ts";
export { CarrierError } from "./errors.ts";
export type { Ask, Prepared } from "./request.ts";

export interface CarrierOptions {
  readonly brokerUrl: URL;
  /** The carrier's private signing key (Ed25519 JWK), whose public half the device holds. */
  readonly key: JWK;
  /** The device to talk to. */
  readonly device: string;
  readonly issuer?: string;
  /** How topics are made, as the cameras' settings say: with `{device}` and `{channel}` in it. */
  readonly topics?: string;
  /** For a broker over TLS with a private authority, or one that wants a client certificate. */
  readonly tls?: Tls;
  /** The RFC 7638 thumbprint of the device's signing key, where the broker is not trusted to say who the device is. */
  readonly pinned?: string;
}

/** The carrier's end of the wire to one device. */
export interface Carrier extends AsyncDisposable {
  /** Asks for a verification and resolves with its verified report. Throws CarrierError. */
  verify(ask: Ask, onProgress?: (progress: Progress) => void): Promise<VerifiedReport>;
  /** The two halves of `verify`: a request can be prepared, kept, and sent again to get the same report again. */
  prepare(ask: Ask): Promise<Prepared>;
  send(prepared: Prepared, onProgress?: (progress: Progress) => void): Promise<VerifiedReport>;
  /** Ends a running verification; its report says why. */
  cancel(jti: string, because: CancelClaims["because"]): Promise<void>;
  /** Who the device is, from its retained identity. */
  identity(): Promise<Identity>;
}

/** What is retained comes at once; a device that does not show within this time is not there. */
const SHOWS_WITHIN_MS = 5_000;
/** What a device may take beyond the verification itself: enrolment, signing, the way there and back. */
const GRACE_MS = 10_000;

/** Connects to a device through a broker. Throws CarrierError `broker_unreachable`. */
export async function openCarrier(options: CarrierOptions): Promise<Carrier> {
  const topics = topicsOf(options.topics ?? DEFAULT_TOPICS, options.device);
  const asker: Asker = { issuer: options.issuer ?? "carrier", key: await readPrivateKey(options.key, "signing") };
  const { request, ...answers } = topics;
  const broker = openBroker({
    url: options.brokerUrl,
    clientId: `carrier-${randomUUID().slice(0, 13)}`,
    subscribe: Object.values(answers),
    ...(options.tls ? { tls: options.tls } : {}),
  });
  const hearing = hear(broker, { device: options.device, topics, pinned: options.pinned });
  try {
    await hearing.connected.within(SHOWS_WITHIN_MS, () => unreachable(options, hearing.trouble()));
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  const identity = () => presentDevice(hearing, options);
  const send: Carrier["send"] = (prepared, onProgress) => exchange(broker, request, hearing, prepared, onProgress);
  return {
    identity,
    prepare: async (ask) => prepareVerify(asker, await identity(), ask),
    send,
    verify: async (ask, onProgress) => send(await prepareVerify(asker, await identity(), ask), onProgress),
    async cancel(jti, because) {
      const { sealed } = await prepareCancel(asker, await identity(), jti, because);
      await broker.publish({ topic: request, payload: sealed, qos: 1, retain: false });
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

async function presentDevice(hearing: Hearing, { device }: CarrierOptions): Promise<Identity> {
  const identity = await hearing.identity.within(SHOWS_WITHIN_MS, () => {
    return unknown(device, hearing.trouble() || "it has never connected to this broker under this name");
  });
  const status = await hearing.status.within(SHOWS_WITHIN_MS, () => unknown(device, "it tells no status"));
  if (status.state === "offline")
    throw new CarrierError("device_offline", `the device ${device} is not connected to the broker`);
  return identity;
}

/** Sends a request and waits for the answer that is its own, telling progress on the way. */
async function exchange(
  broker: Broker,
  topic: string,
  { listeners }: Hearing,
  { jti, sealed, digest, timeoutMs }: Prepared,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<VerifiedReport> {
  const answered = slot<VerifiedReport | CarrierError>();
  let forged = 0;
  const listener: Listener = {
    progress(progress) {
      if (progress.jti === jti) onProgress(progress);
    },
    answer(answer) {
      if (answer.kind === "forged") forged++;
      if (answer.kind === "report" && answer.report.claims.jti === jti) answered.fill(answer.report);
      if (answer.kind !== "refusal") return;
      const { refusal } = answer;
      if (refusal.digest === digest) answered.fill(new CarrierError("refused", refusal.because, refusal.code));
    },
  };
  listeners.add(listener);
  try {
    await broker.publish({ topic, payload: sealed, qos: 1, retain: false });
    const answer = await answered.within(timeoutMs + GRACE_MS, () => noAnswer(forged));
    if (answer instanceof CarrierError) throw answer;
    return answer;
  } finally {
    listeners.delete(listener);
  }
}

function unknown(device: string, why: string): CarrierError {
  return new CarrierError("device_unknown", `the device ${device} is not known: ${why}`);
}

function noAnswer(forged: number): CarrierError {
  const note = forged > 0 ? `; ${forged} messages were not signed by this device` : "";
  return new CarrierError("no_answer", `the device gave no answer in time${note}; ask again with the same request`);
}

function unreachable({ brokerUrl }: CarrierOptions, trouble: string): CarrierError {
  return new CarrierError(
    "broker_unreachable",
    `the broker at ${brokerUrl.host} cannot be reached: ${trouble || "no answer"}`,
  );
}
