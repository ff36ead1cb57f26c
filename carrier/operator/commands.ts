import { randomUUID } from "node:crypto";
import { digest, type PrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import type { AnswerClaims, CommandClaims } from "../../protocol/messages/command-contract.ts";
import { CONTRACT_VERSION, type Identity, type Topics, TYPES } from "../../protocol/messages/contract.ts";
import type { Connection } from "../connection/connection.ts";
import { deferred } from "../connection/deferred.ts";
import type { ListenedDevice, Listener } from "../connection/listened-device.ts";
import { CarrierError } from "../errors.ts";

/** A command of the operator, without the claims that every message has. */
export type Command = CommandClaims extends infer T
  ? T extends CommandClaims
    ? Omit<T, "v" | "jti" | "iss" | "aud" | "iat" | "exp">
    : never
  : never;

/** The connection to one camera, and the sender. */
export interface CommandWay {
  readonly connection: Connection;
  readonly topics: Topics;
  readonly device: ListenedDevice;
  readonly key: PrivateKey;
  readonly issuer: string;
  readonly name: string;
  readonly identity: () => Promise<Identity>;
}

const LIFETIME_SECONDS = 300;

/** Listens, calls `send`, and gives the next answer with this digest that `isWanted` accepts; undefined if none comes. Throws CarrierError. */
export async function answerTo(
  { device: { listeners, waiters } }: CommandWay,
  mark: string,
  withinMs: number,
  send: () => Promise<void>,
  isWanted: (answer: AnswerClaims) => boolean = () => true,
): Promise<AnswerClaims | undefined> {
  const next = deferred<AnswerClaims>(waiters);
  const late = new CarrierError("no_answer", "late");
  const listener: Listener = {
    commandAnswer(answer) {
      if (answer.digest === mark && isWanted(answer)) next.fill(answer);
    },
  };
  listeners.add(listener);
  try {
    await send();
    return await next.within(withinMs, () => late);
  } catch (error) {
    if (error === late) return undefined;
    throw error;
  } finally {
    listeners.delete(listener);
  }
}

/** The token of a command, and the mark of its answer. */
export async function prepareCommand(
  { key, name: aud, issuer: iss }: Pick<CommandWay, "key" | "name" | "issuer">,
  command: Command,
  jti: string = randomUUID(),
) {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { v: CONTRACT_VERSION, jti, iss, aud, iat, exp: iat + LIFETIME_SECONDS, ...command };
  const token = await sign(claims, TYPES.command, key);
  return { token, mark: digest(token) };
}

export function publish({ connection }: CommandWay, topic: string, payload: string | Buffer): Promise<void> {
  return connection.publish({ topic, payload, expirySeconds: LIFETIME_SECONDS });
}
