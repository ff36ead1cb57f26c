import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { z } from "zod";
import { type Access, requireFleet, type Subject } from "./access.ts";
import { BODY_BYTES, readFormBody, readJsonBody } from "./body.ts";
import { type BodyLimit, openBodyLimit } from "./body-limit.ts";
import { detailsOf, HttpProblem, problemOf } from "./problem.ts";
import type { RateLimit } from "./rate-limit.ts";
import type { Answer, Route, ServerEvent } from "./route.ts";

export interface HttpServer extends AsyncDisposable {
  readonly url: URL;
}

export interface HttpServerParts {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly Route[];
  readonly access: Access;
  readonly rateLimit: RateLimit;
  readonly events: HttpEvents;
  /** By default SILENT_CONNECTION_MS. */
  readonly silentWithinMs?: number;
  /** By default HEADERS_WITHIN_MS. */
  readonly headersWithinMs?: number;
}

/** Callbacks must not throw. They get no body, no header and no query. */
export interface HttpEvents {
  answered(route: string, status: number, tookMs: number): void;
  failed(route: string, error: unknown): void;
}

export const HEADERS_WITHIN_MS = 10_000;
export const BODY_WITHIN_MS = 60_000;
/** Node looks for late headers and bodies at this interval. Its default is 30 s, which would be added to both limits. */
const LATE_EVERY_MS = 1_000;
/**
 * A connection without any byte for this time is closed. A waiting request is silent for up to 60 s; a stream sends keep-alive
 * comments.
 */
export const SILENT_CONNECTION_MS = 90_000;
const NOBODY: Subject = { name: "", filter: { fleet: false, cameras: [], shops: [] } };

/** Serves routes over HTTP. Throws what listening throws. */
export async function openHttpServer(parts: HttpServerParts): Promise<HttpServer> {
  const server = fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: BODY_WITHIN_MS,
    connectionTimeout: parts.silentWithinMs ?? SILENT_CONNECTION_MS,
    http: {
      headersTimeout: parts.headersWithinMs ?? HEADERS_WITHIN_MS,
      connectionsCheckingInterval: LATE_EVERY_MS,
    },
    frameworkErrors: (error, request, reply) => void fail(parts, fastifyProblem(error), request, reply),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.addContentTypeParser("multipart/form-data", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error, request, reply) => fail(parts, fastifyProblem(error), request, reply));
  server.setNotFoundHandler((request, reply) =>
    fail(parts, new HttpProblem("not_found", "there is no such address"), request, reply),
  );
  server.addHook("onResponse", async (request, reply) => {
    parts.events.answered(request.routeOptions.url ?? "none", reply.statusCode, reply.elapsedTime);
  });
  const bodyLimit = openBodyLimit();
  for (const route of parts.routes) addRoute(server, route, parts, bodyLimit);
  await server.listen({ host: parts.host, port: parts.port });
  const address = server.server.address();
  const port = typeof address === "object" && address ? address.port : parts.port;
  return { url: new URL(`http://${parts.host}:${port}`), [Symbol.asyncDispose]: () => server.close() };
}

/** The server reads no body of a request that it refuses for its token, its scope, its address or the rate limit. */
function addRoute(
  server: FastifyInstance,
  route: Route,
  { access, rateLimit }: HttpServerParts,
  bodyLimit: BodyLimit,
): void {
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  server.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ":$1"),
    async onRequest(request, reply) {
      const subject = route.access === "anybody" ? NOBODY : await access(request.headers.authorization);
      if (route.access !== "anybody") rateLimit.take(subject.name);
      if (route.access === "fleet") requireFleet(subject);
      const params = read(route.params, request.params, "");
      const query = read(route.query, request.query, "");
      const release = route.method === "GET" ? () => undefined : bodyLimit.take(subject.name, request.headers);
      whenOver(reply, release);
      admitted.set(request, { subject, params, query, release });
    },
    async handler(request, reply) {
      const { release, ...rest } = admitted.get(request) as Admitted;
      const body = read(route.body, await readBody(route, request), "");
      const incoming = { ...rest, body, headers: headersOf(request), signal: untilGone(reply) };
      const answer = await route.handle(incoming).finally(release);
      return send(reply, answer);
    },
  });
}

/** The parts of a request that are checked before its body is read. */
interface Admitted {
  readonly subject: Subject;
  readonly params: unknown;
  readonly query: unknown;
  /** Ends the count of its body. */
  readonly release: () => void;
}

async function readBody({ bodyKind }: Route, { body, headers }: FastifyRequest): Promise<unknown> {
  if (bodyKind === "none" || !Buffer.isBuffer(body)) return {};
  const type = headers["content-type"] ?? "";
  if (bodyKind === "photo" && type.startsWith("multipart/form-data")) return readFormBody(body, type);
  return readJsonBody(body);
}

/** Checks a value. The problem names the place of the error but not the value, which may be personal. */
function read<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const place = [where, ...(first?.path ?? [])].filter(Boolean).map(String).join(".");
  throw new HttpProblem(
    "invalid_request",
    `${place || "the request"}: ${first?.message ?? "it does not match the description"}`,
  );
}

function headersOf({ headers }: FastifyRequest): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

/** A fixed abort reason. Without it, each answer creates an exception with a stack. */
const GONE = "the client has disconnected";

function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenOver(reply, () => gone.abort(GONE));
  return gone.signal;
}

/**
 * Calls `over` once, when the answer is finished or the connection has ended. An answer that waits for its turn on a pipelined
 * connection has no socket yet, and does not close when the connection ends; so this listens to both.
 */
function whenOver({ raw, request }: FastifyReply, over: () => void): void {
  const { socket } = request.raw;
  const end = () => {
    raw.off("close", end);
    socket.off("close", end);
    over();
  };
  // Many pipelined requests on one connection each add a listener.
  socket.setMaxListeners(0);
  socket.once("close", end);
  raw.once("close", end);
  if (socket.destroyed) end();
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.kind === "text") return reply.type(answer.type).send(answer.body);
  if (answer.kind === "file") return reply.code(answer.status).headers(answer.headers).send(answer.body);
  if (answer.kind === "json")
    return reply
      .code(answer.status)
      .headers({ ...answer.headers })
      .type("application/json")
      .send(JSON.stringify(answer.body));
  return reply
    .headers({ "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" })
    .send(Readable.from(written(answer.events)));
}

/** The interval of keep-alive comments in a stream: readers notice a lost connection, and proxies keep a quiet one. */
export const ALIVE_MS = 3_000;

async function* written(events: AsyncIterable<ServerEvent>): AsyncGenerator<string, void> {
  const each = events[Symbol.asyncIterator]();
  try {
    for (let next = each.next(); ; ) {
      const result = await within(next, ALIVE_MS);
      if (result === "late") yield ": alive\n\n";
      else if (result.done) return;
      else {
        yield `event: ${result.value.event}\ndata: ${JSON.stringify(result.value.data)}\n\n`;
        next = each.next();
      }
    }
  } finally {
    await each.return?.();
  }
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | "late"> {
  const timer = new AbortController();
  const late = sleep(ms, "late" as const, { signal: timer.signal });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
    await late.catch(() => undefined);
  }
}

function fail(
  parts: HttpServerParts,
  problem: HttpProblem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (problem.code === "failed") parts.events.failed(request.routeOptions.url ?? "none", problem.cause);
  const details = detailsOf(problem.code, problem.message);
  if (problem.retryAfterSeconds !== undefined) reply.header("retry-after", String(problem.retryAfterSeconds));
  if (details.status === 401) reply.header("www-authenticate", "Bearer");
  return reply.code(details.status).type("application/problem+json").send(JSON.stringify(details));
}

/** Converts Fastify's own errors. */
function fastifyProblem(error: unknown): HttpProblem {
  const { code, statusCode } = error as { readonly code?: string; readonly statusCode?: number };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return new HttpProblem("too_large", `at most ${BODY_BYTES} bytes are read`);
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return new HttpProblem("unsupported_media", "send application/json or multipart/form-data");
  if (code === "FST_ERR_BAD_URL" || code === "FST_ERR_MAX_PARAM_LENGTH")
    return new HttpProblem("invalid_request", "the address is damaged, or a part of it is too long");
  // A connection that ends within a body gives ECONNRESET.
  if ((code?.startsWith("FST_ERR") || code === "ECONNRESET") && statusCode === 400)
    return new HttpProblem("invalid_request", "the request is incomplete");
  return problemOf(error);
}
