import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { signatureHeaders } from "../../gateway/webhooks/signature.ts";
import { withResolvers } from "../../protocol/common/with-resolvers.ts";
import { readKeySet, verifyWithKeySet } from "../../protocol/encoding/tokens.ts";
import { type ReportClaims, reportSchema, TYPES } from "../../protocol/messages/contract.ts";

/** One server-sent event. */
export interface StreamedEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A POS system that uses only the gateway's HTTP interface. Every call throws an Error for a status of 400 or more. */
export interface Pos {
  get(path: string): Promise<Readonly<Record<string, unknown>>>;
  /** Posts a photo in a form. Returns the status and the URL of the verification. */
  postPhoto(
    path: string,
    id: string,
    photo: Uint8Array,
    request: object,
  ): Promise<{ status: number; location: string }>;
  events(path: string): AsyncGenerator<StreamedEvent, void>;
}

export function openPos(url: URL, token: string): Pos {
  const authorization = `Bearer ${token}`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { ...(init.headers as Record<string, string>), authorization };
    const answer = await fetch(new URL(path, url), { ...init, headers });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  return {
    get: async (path) => (await ask(path)).json() as Promise<Readonly<Record<string, unknown>>>,
    async postPhoto(path, id, photo, request) {
      const body = new FormData();
      body.set("photo", new Blob([new Uint8Array(photo)], { type: "image/jpeg" }), "id-card.jpg");
      body.set("request", JSON.stringify(request));
      const { status, headers } = await ask(path, { method: "POST", headers: { "idempotency-key": id }, body });
      return { status, location: headers.get("location") ?? "" };
    },
    async *events(path) {
      const { body } = await ask(path);
      if (body) yield* readEvents(body);
    },
  };
}

/** Reads a stream of server-sent events; each event has one line of data. */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent, void> {
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [, event, data] = /^event: (.+)\ndata: (.+)$/.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (event && data) yield { event, data: JSON.parse(data) };
    }
  }
}

/** Verifies a report with the camera's keys, without trust in its sender. Throws if the camera did not sign it. */
export async function verifyReport(report: string, keys: object): Promise<ReportClaims> {
  return reportSchema.parse(await verifyWithKeySet(report, TYPES.report, await readKeySet(keys)));
}

/** The webhook receiver of a POS system: it accepts events with a valid signature. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** The first event. */
  readonly first: Promise<{ readonly id: string; readonly type: string; readonly data: object }>;
}

export async function openReceiver(secret: string): Promise<Receiver> {
  const first = withResolvers<Awaited<Receiver["first"]>>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const [id, timestamp] = ["webhook-id", "webhook-timestamp"].map((name) => String(request.headers[name]));
    const expected = signatureHeaders({ id: id ?? "", timestamp: Number(timestamp), body }, [secret]);
    const isSigned = request.headers["webhook-signature"] === expected["webhook-signature"];
    response.writeHead(isSigned ? 204 : 401).end();
    if (isSigned) first.resolve({ id, ...JSON.parse(body) });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    first: first.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
