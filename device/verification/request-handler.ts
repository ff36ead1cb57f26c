import type { Reply } from "../../protocol/mqtt/client.ts";
import { dropPhoto, type Reader, Refusal, type Request, readRequest } from "../../protocol/request-reader.ts";
import { type BoundedQueue, openBoundedQueue } from "../messaging/bounded-queue.ts";
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
}

/** Messages that may wait to be read; a carrier that sends more at once is told nothing about the rest. */
const WAITING = { most: 16, mostBytes: 16_000_000 } as const;

/** Reads messages in turn: requests are served, everything else is refused, signed, with a code. */
export function openRequestHandler(parts: RequestHandlerParts): BoundedQueue<Message> {
  return openBoundedQueue<Message>({
    ...WAITING,
    sizeOf: ({ payload }) => payload.length,
    handle: (message) => handle(parts, message),
    overrun: (held) => parts.log.warn({ event: "requests_overrun", ...held }),
  });
}

async function handle(parts: RequestHandlerParts, message: Message): Promise<void> {
  try {
    await serve(parts, await readRequest(message.payload, parts.reader), message);
  } catch (error) {
    if (error instanceof Refusal) await refuse(parts, error, message);
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

async function refuse({ publisher, log }: RequestHandlerParts, refusal: Refusal, message: Message): Promise<void> {
  log.warn({ event: "request_refused", code: refusal.code, jti: refusal.jti });
  await publisher.refuse(refusal, message.payload, message.reply).catch((error: unknown) => {
    log.warn({ event: "refusal_unsent", reason: String(error) });
  });
}
