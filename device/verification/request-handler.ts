import { openSerialiser } from "../../protocol/common/serialiser.ts";
import type { CancelClaims, ReceiptClaims } from "../../protocol/messages/contract.ts";
import type { Reply } from "../../protocol/mqtt/client.ts";
import { isReceipt, readReceipt } from "../../protocol/readers/receipt-reader.ts";
import { dropPhoto, type Reader, Refusal, type Request, readRequest } from "../../protocol/readers/request-reader.ts";
import type { Publisher } from "../messaging/publisher.ts";
import type { Log } from "../process/log.ts";
import type { Waiting } from "./admission.ts";
import type { Service } from "./service.ts";

interface RequestHandlerParts {
  readonly reader: Reader;
  readonly service: Pick<Service, "verify" | "cancel" | "aim">;
  readonly publisher: Pick<Publisher, "refuse" | "cancelled">;
  /** Called for a receipt of the carrier's archive. */
  readonly receipted: (receipt: ReceiptClaims) => Promise<void>;
  readonly log: Log;
}

/** A received message, and where its sender waits for the answer. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly reply: Reply;
  /** The message was retained. */
  readonly retained: boolean;
}

/**
 * Handles messages one after the other: requests are served, receipts are noted, anything else gets a signed refusal with a
 * code. Resolves when a message has been handled and may be acknowledged to the broker. A request that waits for its turn
 * delays neither other messages nor its own acknowledgement: MQTT wants acknowledgements in the order of the messages.
 */
export function openRequestHandler(parts: RequestHandlerParts): (message: Message) => Promise<void> {
  const inTurn = openSerialiser();
  return (message) => inTurn(() => handle(parts, message));
}

async function handle(parts: RequestHandlerParts, message: Message): Promise<void> {
  const failed = (error: unknown) => {
    if (error instanceof Refusal) refuse(parts, error, message);
    else parts.log.error({ event: "request_failed", err: error });
  };
  try {
    if (message.retained) throw new Refusal("retained");
    if (isReceipt(message.payload)) return await parts.receipted(await readReceipt(message.payload, parts.reader));
    const waiting = await serve(parts, await readRequest(message.payload, parts.reader), message);
    waiting?.accepted.catch(failed);
  } catch (error) {
    failed(error);
  }
}

async function serve(parts: RequestHandlerParts, request: Request, message: Message): Promise<Waiting | undefined> {
  if (request.type === "cancel") {
    parts.service.cancel(request);
    if (request.confirm) confirm(parts, request, message);
    return undefined;
  }
  if (request.type === "aim") {
    await parts.service.aim(request);
    return undefined;
  }
  const dropped = (error: unknown): never => {
    dropPhoto(request);
    throw error;
  };
  const waiting = await parts.service.verify(request, message.reply).catch(dropped);
  return waiting && { accepted: waiting.accepted.catch(dropped) };
}

function confirm(parts: RequestHandlerParts, cancel: CancelClaims, { payload, reply }: Message): void {
  send(parts, parts.publisher.cancelled(cancel, payload, reply));
}

function refuse(parts: RequestHandlerParts, refusal: Refusal, message: Message): void {
  parts.log.warn({ event: "request_refused", code: refusal.code, jti: refusal.jti });
  send(parts, parts.publisher.refuse(refusal, message.payload, message.reply));
}

/** Nobody waits for the sending: the broker's acknowledgement may come behind messages that are not read yet. */
function send({ log }: RequestHandlerParts, answer: Promise<void>): void {
  answer.catch((error: unknown) => log.warn({ event: "refusal_unsent", reason: String(error) }));
}
