import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";

/** One event that came, with a signature that was right. */
export interface ReceivedEvent {
  readonly id: string;
  readonly body: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A receiver of webhooks, in this process. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedEvent[];
  /** Requests whose signature was not right. */
  readonly forged: () => number;
  /** What it answers from now on; 200 when nothing is said. */
  answer(how: ((response: ServerResponse) => void) | undefined): void;
  /** Waits until so many different events came; one may come twice. Throws after a while. */
  untilReceived(count: number): Promise<void>;
}

/** Starts one. `received` has what it answered with 200. */
export async function startReceiver(secret: string, port = 0): Promise<Receiver> {
  const received: ReceivedEvent[] = [];
  let forged = 0;
  let answer: ((response: ServerResponse) => void) | undefined;
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    if (answer) return answer(response);
    try {
      const { data } = new Webhook(secret).verify(body, request.headers as Record<string, string>) as ReceivedEvent;
      received.push({ id: String(request.headers["webhook-id"]), body, data });
    } catch {
      forged++;
    }
    response.end();
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    forged: () => forged,
    answer(how) {
      answer = how;
    },
    async untilReceived(count) {
      const different = () => new Set(received.map(({ id }) => id)).size;
      for (let tries = 0; tries < 1_200 && different() < count; tries++) await sleep(50);
      if (different() < count) throw new Error(`${different()} of ${count} events came`);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
