import { randomUUID } from "node:crypto";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import type { AnswerClaims, ReportedClaims } from "../../protocol/messages/command-contract.ts";
import { DEFAULT_TOPICS, type Identity, type Status, topicsOf } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import type { Tls } from "../../protocol/mqtt/client.ts";
import { guarded } from "../connection/callbacks.ts";
import { connect } from "../connection/connection.ts";
import { CarrierError } from "../errors.ts";
import { readKey } from "../request.ts";
import { answerTo, type Command, type CommandWay, prepareCommand, publish } from "./commands.ts";
import { type Diagnosed, diagnose } from "./diagnose.ts";
import { ANSWERS_WITHIN_MS, type SignedPack, sendPack } from "./send-pack.ts";

export interface OperatorOptions {
  readonly brokerUrl: URL | string;
  /** The camera to manage. */
  readonly device: string;
  /** The operator's private key. The camera has its public key as `MATCHLIGHT_OPERATOR_KEY`. */
  readonly key: JWK;
  readonly issuer?: string;
  readonly topics?: string;
  readonly tls?: Tls;
  /** The RFC 7638 thumbprint of the camera's signing key. Needed if the broker is not trusted. */
  readonly pinned?: string;
}

/** One camera, as its operator manages it. */
export interface Operator extends AsyncDisposable {
  /**
   * Resolves with the signed answer, also if it is a refusal. Throws CarrierError if no answer comes.
   * @param jti the command's id: for a day the camera answers a repetition without executing it again
   */
  command(command: Command, jti?: string): Promise<AnswerClaims>;
  /**
   * Sends a pack until the camera has tried it. It goes on where an earlier attempt ended, and follows a camera that
   * is away for a while. Resolves with the camera's last answer: `done`, or `refused` with the reason.
   */
  sendPack(pack: SignedPack, onProgress?: (receivedBytes: number, sizeBytes: number) => void): Promise<AnswerClaims>;
  /** The configuration and the packs in force. Throws CarrierError when the camera never sent them. */
  reported(): Promise<ReportedClaims>;
  /** The state of the camera for its repair, in more detail than `health`. */
  diagnose(): Promise<Diagnosed>;
  identity(): Promise<Identity>;
  status(): Promise<Status>;
  /** The last health message of the camera. */
  health(): Promise<Health>;
}

const SHOWS_WITHIN_MS = 10_000;

/** Connects to one camera through a broker. Throws CarrierError `broker_unreachable`, or `bad_input` for the key. */
export async function openOperator(options: OperatorOptions): Promise<Operator> {
  const { brokerUrl, device: name, issuer = "operator", topics: template = DEFAULT_TOPICS, tls, pinned } = options;
  const topics = topicsOf(template, name);
  const key = await readKey(options.key);
  const connection = await connect({
    brokerUrl,
    clientId: `operator-${randomUUID().slice(0, 13)}`,
    tls,
    subscribe: [topics.identity, topics.status, topics.answer, topics.reported, topics.health],
    template,
    pinOf: () => pinned,
    withinMs: SHOWS_WITHIN_MS,
  });
  const device = connection.devices.of(name);
  const unknown = (why: string) => () =>
    new CarrierError("device_unknown", `the device ${name} is not known: ${device.trouble || why}`);
  const identity = () => device.identity.within(SHOWS_WITHIN_MS, unknown("it sends no identity"));
  const way: CommandWay = { connection, topics, device, key, issuer, name, identity };
  return {
    command: (command, jti) => ask(way, command, jti),
    diagnose: () => diagnose((command) => ask(way, command), identity),
    sendPack: (pack, onProgress) => sendPack(way, pack, guarded(onProgress)),
    reported: () => device.reported.within(SHOWS_WITHIN_MS, unknown("it reports nothing")),
    status: () => device.status.within(SHOWS_WITHIN_MS, unknown("it sends no status")),
    health: () => device.health.within(SHOWS_WITHIN_MS, unknown("it sends no health")),
    identity,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function ask(way: CommandWay, command: Command, jti?: string): Promise<AnswerClaims> {
  await way.identity();
  const { token, mark } = await prepareCommand(way, command, jti);
  const answer = await answerTo(way, mark, ANSWERS_WITHIN_MS, () => publish(way, way.topics.command, token));
  if (answer) return answer;
  throw new CarrierError(
    "no_answer",
    `${way.name} did not answer in time; it may be offline, or trust another operator`,
  );
}
