import { randomUUID } from "node:crypto";
import type { AnswerClaims, ReportedClaims } from "../protocol/command-contract.ts";
import { DEFAULT_TOPICS, type Identity, type Status, topicsOf } from "../protocol/contract.ts";
import type { Health } from "../protocol/metrics.ts";
import { openMqttClient, type Tls } from "../protocol/mqtt/client.ts";
import { type JWK, readPrivateKey } from "../protocol/tokens.ts";
import { CarrierError } from "./errors.ts";
import { answered, type Command, hear, type OperatorConnection, prepare, publish } from "./operator-connection.ts";
import { ANSWERS_WITHIN_MS, type SignedPack, sendPack } from "./send-pack.ts";

export interface OperatorOptions {
  readonly brokerUrl: URL;
  /** The camera to manage. */
  readonly device: string;
  /** The private key whose public half the camera has as `MATCHLIGHT_OPERATOR_KEY`. */
  readonly key: JWK;
  readonly issuer?: string;
  readonly topics?: string;
  readonly tls?: Tls;
  /** The RFC 7638 thumbprint of the camera's signing key, where the broker is not trusted to say who it is. */
  readonly pinned?: string;
}

/** The operator's end of the wire to one camera. */
export interface Operator extends AsyncDisposable {
  /** Resolves with the signed answer, whatever it says. Throws CarrierError when none came. */
  command(command: Command): Promise<AnswerClaims>;
  /**
   * Sends a pack until the camera has tried it. It goes on where an earlier attempt ended, and follows a camera that
   * is away for a while. Resolves with the camera's last answer: `done`, or `refused` with the reason.
   */
  sendPack(pack: SignedPack, onProgress?: (receivedBytes: number, sizeBytes: number) => void): Promise<AnswerClaims>;
  /** The configuration and the packs in force. Throws CarrierError when the camera never told. */
  reported(): Promise<ReportedClaims>;
  identity(): Promise<Identity>;
  status(): Promise<Status>;
  /** What the camera last said of its health. */
  health(): Promise<Health>;
}

const SHOWS_WITHIN_MS = 10_000;

/** Connects to one camera through a broker. Throws CarrierError `broker_unreachable`. */
export async function openOperator(options: OperatorOptions): Promise<Operator> {
  const topics = topicsOf(options.topics ?? DEFAULT_TOPICS, options.device);
  const key = await readPrivateKey(options.key, "signing");
  const broker = openMqttClient({
    ...{ url: options.brokerUrl, clientId: `operator-${randomUUID().slice(0, 13)}` },
    subscribe: [topics.identity, topics.status, topics.answer, topics.reported, topics.health],
    ...(options.tls ? { tls: options.tls } : {}),
  });
  const heard = hear(broker, topics, options);
  try {
    await heard.connected.within(SHOWS_WITHIN_MS, () => unreachable(options, heard.trouble()));
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  const identity = () => heard.identity.within(SHOWS_WITHIN_MS, () => unknown(options, "it tells no identity"));
  const line: OperatorConnection = { broker, topics, heard, key, to: options, identity };
  return {
    command: (command) => ask(line, command, ANSWERS_WITHIN_MS),
    sendPack: (pack, onProgress = () => undefined) => sendPack(line, pack, onProgress),
    reported: () => heard.reported.within(SHOWS_WITHIN_MS, () => unknown(options, "it reports nothing")),
    status: () => heard.status.within(SHOWS_WITHIN_MS, () => unknown(options, "it tells no status")),
    health: () => heard.health.within(SHOWS_WITHIN_MS, () => unknown(options, "it tells no health")),
    identity,
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

async function ask(line: OperatorConnection, command: Command, withinMs: number): Promise<AnswerClaims> {
  await line.identity();
  const { token, mark } = await prepare(line, command);
  const answer = await answered(line, mark, withinMs, () => publish(line, line.topics.command, token));
  if (answer) return answer;
  throw new CarrierError(
    "no_answer",
    `${line.to.device} did not answer in time; it may be away, or trust another operator`,
  );
}

function unknown({ device }: OperatorOptions, why: string): CarrierError {
  return new CarrierError("device_unknown", `the device ${device} is not known: ${why}`);
}

function unreachable({ brokerUrl }: OperatorOptions, trouble: string): CarrierError {
  const why = trouble || "no answer";
  return new CarrierError("broker_unreachable", `the broker at ${brokerUrl.host} cannot be reached: ${why}`);
}
