import { openSerialiser } from "../../protocol/common/serialiser.ts";
import type { Reply } from "../../protocol/mqtt/client.ts";
import { dropPhoto, type Reader, Refusal, type Request, readRequest } from "../../protocol/readers/request-reader.ts";
import type { Publisher } from "../messaging/publisher.ts";
import type { Log } from "../process/log.ts";
import type { Service } from "./service.ts";

export interface RequestHandlerParts {
  readonly reader: Reader;
  readonly service: Pick<Service, "verify" | "cancel">;
  readonly publisher: Pick<Publisher, "refuse">;
  readonly log: Log;
}

/** A message as it came, and where its sender waits for an answer. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly reply: Reply;
  /** The broker had kept it for whoever subscribes. */
  readonly retained: boolean;
}

/**
 * Reads messages one after the other: requests are served, everything else is refused, signed, with a code. Resolves when
 * a message has been handled, and may be acknowledged to the broker.
 */
export function openRequestHandler(parts: RequestHandlerParts): (message: Message) => Promise<void> {
  const inTurn = openSerialiser();
  return (message) => inTurn(() => handle(parts, message));
}

async function handle(parts: RequestHandlerParts, message: Message): Promise<void> {
  try {
    if (message.retained) throw new Refusal("retained");
    await serve(parts, await readRequest(message.payload, parts.reader), message);
  } catch (error) {
    if (error instanceof Refusal) refuse(parts, error, message);
    else parts.log.error({ event: "request_failed", err: error });
  }
}

async function serve({ service }: RequestHandlerParts, request: Request, { reply }: Message): Promise<void> {
  try {
    if (request.type === "verify") await service.verify(request, reply);
    else service.cancel(request);
  } catch (error) {
    dropPhoto(request);
    throw error;
  }
}

/** The sending is not waited for: the broker's acknowledgement may stand behind messages that are not read yet. */
function refuse({ publisher, log }: RequestHandlerParts, refusal: Refusal, message: Message): void {
  log.warn({ event: "request_refused", code: refusal.code, jti: refusal.jti });
  publisher.refuse(refusal, message.payload, message.reply).catch((error: unknown) => {
    log.warn({ event: "refusal_unsent", reason: String(error) });
  });
}
