import { openSerialiser } from "../../protocol/common/serialiser.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import type { ReceiptClaims } from "../../protocol/messages/contract.ts";
import type { Reply } from "../../protocol/mqtt/client.ts";
import { isReceipt, readReceipt } from "../../protocol/readers/receipt-reader.ts";
import { dropPhoto, type Reader, Refusal, type Request, readRequest } from "../../protocol/readers/request-reader.ts";
import type { Asked, Publisher } from "../messaging/publisher.ts";
import type { Log } from "../process/log.ts";
import type { Waiting } from "./admission.ts";
import type { Service } from "./service.ts";

interface RequestHandlerParts {
  readonly reader: Reader;
  readonly service: Pick<Service, "verify" | "cancel" | "aim" | "knows">;
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

/** The answers that wait for the broker's acknowledgement. A broker that acknowledges none must not fill the memory. */
const MOST_UNSENT = 1_000;

/** Sends an answer, and waits for nothing: the acknowledgement may come behind messages that are not read yet. */
type Send = (answer: () => Promise<void>) => void;

/**
 * Handles messages one after the other: requests are served, receipts are noted, anything else gets a signed refusal with a
 * code. Resolves when a message has been handled and may be acknowledged to the broker. A request that waits for its turn
 * delays neither other messages nor its own acknowledgement: MQTT wants acknowledgements in the order of the messages.
 */
export function openRequestHandler(parts: RequestHandlerParts): (message: Message) => Promise<void> {
  const inTurn = openSerialiser();
  const send = openSender(parts.log);
  return (message) => inTurn(() => handle(parts, send, message));
}

/** What waits or is sent keeps the digest of its message, not the message. */
async function handle(parts: RequestHandlerParts, send: Send, { payload, reply, retained }: Message): Promise<void> {
  const asked: Asked = { digest: digest(payload), reply };
  const failed = (error: unknown) => {
    if (error instanceof Refusal) refuse(parts, send, error, asked);
    else parts.log.error({ event: "request_failed", err: error });
  };
  try {
    if (retained) throw new Refusal("retained");
    if (isReceipt(payload)) return await parts.receipted(await readReceipt(payload, parts.reader));
    const request = await readRequest(payload, parts.reader, parts.service.knows);
    const waiting = await serve(parts, send, request, asked);
    waiting?.accepted.catch(failed);
  } catch (error) {
    failed(error);
  }
}

async function serve(
  { service, publisher }: RequestHandlerParts,
  send: Send,
  request: Request,
  asked: Asked,
): Promise<Waiting | undefined> {
  if (request.type === "cancel") {
    service.cancel(request);
    if (request.confirm) send(() => publisher.cancelled(request, asked));
    return undefined;
  }
  if (request.type === "aim") {
    await service.aim(request);
    return undefined;
  }
  const dropped = (error: unknown): never => {
    dropPhoto(request);
    throw error;
  };
  const waiting = await service.verify(request, asked.reply).catch(dropped);
  return waiting && { accepted: waiting.accepted.catch(dropped) };
}

function refuse({ log, publisher }: RequestHandlerParts, send: Send, refusal: Refusal, asked: Asked): void {
  log.warn({ event: "request_refused", code: refusal.code, jti: refusal.jti });
  send(() => publisher.refuse(refusal, asked));
}

function openSender(log: Log): Send {
  let unsent = 0;
  const failed = (error: unknown) => log.warn({ event: "refusal_unsent", reason: String(error) });
  return (answer) => {
    if (unsent >= MOST_UNSENT) return failed(`the broker has not acknowledged ${unsent} answers`);
    unsent++;
    void answer()
      .catch(failed)
      .finally(() => unsent--);
  };
}
