import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { z } from "zod";
import { BODY_BYTES } from "../../../gateway/http/body.ts";
import { MOST_BODIES, MOST_BODY_BYTES } from "../../../gateway/http/body-limit.ts";
import { json, route } from "../../../gateway/http/route.ts";
import { cameraPath, WAIT_SECONDS } from "../../../gateway/http/routes/schemas.ts";
import { openHttpServer, SILENT_CONNECTION_MS } from "../../../gateway/http/server.ts";

const large = route({
  method: "GET",
  path: "/large",
  name: "large",
  summary: "A large page.",
  access: "anybody",
  answers: { 200: { what: "A page.", type: "text/plain" } },
  handle: async () => ({ kind: "text", type: "text/plain", body: "a".repeat(1_000_000) }),
});

const taking = route({
  method: "POST",
  path: "/cameras/{camera}",
  name: "take",
  summary: "Takes a body.",
  access: "token",
  params: cameraPath,
  body: z.object({}),
  answers: { 200: { what: "It was taken.", type: "application/json" } },
  handle: async () => json(200, {}),
});

/** Answers when whoever asked is gone. */
const gone: string[] = [];
const waiting = route({
  method: "GET",
  path: "/waiting",
  name: "waiting",
  summary: "Waits.",
  access: "anybody",
  answers: { 200: { what: "Nobody hears it.", type: "application/json" } },
  async handle({ signal }) {
    if (!signal.aborted) await once(signal, "abort");
    gone.push("one");
    return json(200, {});
  },
});

const serve = (silentWithinMs = 300, headersWithinMs?: number) =>
  openHttpServer({
    host: "127.0.0.1",
    port: 0,
    routes: [large, taking, waiting],
    access: async (name = "") => ({ name, filter: { fleet: false, cameras: [], shops: [] } }),
    rateLimit: { take: () => undefined },
    events: { answered: () => undefined, failed: (_route, error) => t.error(error) },
    silentWithinMs,
    ...(headersWithinMs === undefined ? {} : { headersWithinMs }),
  });

t.test("a connection that sends nothing is cut", async (t) => {
  await using server = await serve();
  const socket = connect(Number(server.url.port), "127.0.0.1");
  await once(socket, "close", { signal: AbortSignal.timeout(20_000) });
  t.pass("it is closed by the server");
});

t.test("so is one that asks and asks, and reads nothing", async (t) => {
  await using server = await serve();
  const socket = connect(Number(server.url.port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.pause();
  socket.write("GET /large HTTP/1.1\r\nhost: gateway\r\n\r\n".repeat(50));
  await t.resolves(
    (async () => {
      // A paused socket does not see the end: whether the server cut it shows when more is written.
      while (!socket.destroyed && socket.writable) {
        socket.write("GET /large HTTP/1.1\r\nhost: gateway\r\n\r\n");
        await once(socket, "close", { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
      }
    })(),
  );
});

t.test("a request whose headers do not end is cut soon after their time", async (t) => {
  await using server = await serve(60_000, 300);
  const socket = connect(Number(server.url.port), "127.0.0.1").on("error", () => undefined);
  socket.write("GET /large HTTP/1.1\r\nhost: gateway\r\n");
  socket.resume();
  await once(socket, "close", { signal: AbortSignal.timeout(20_000) });
  t.pass("Node alone would look after 30 s");
});

t.test("an address that cannot be read is answered like every other mistake", async (t) => {
  await using server = await serve(10_000);
  for (const name of ["%zz", "a".repeat(201)]) {
    const answer = await answerOf(beginBody(server.url.port, "one", { camera: name }));
    t.match(answer, /^HTTP\/1.1 400 [\s\S]*application\/problem\+json[\s\S]*"invalid_request"/, name);
  }
});

t.test("a request that waits is silent for less long", async (t) => {
  t.ok(WAIT_SECONDS * 1_000 < SILENT_CONNECTION_MS);
});

/** Begins a request whose body does not come. */
function beginBody(port: string, subject: string, { camera = "counter-1", length = "content-length: 2" } = {}) {
  const socket = connect(Number(port), "127.0.0.1");
  const head = `host: gateway\r\nauthorization: ${subject}\r\ncontent-type: application/json\r\n${length}`;
  socket.write(`POST /cameras/${camera} HTTP/1.1\r\n${head}\r\n\r\n`);
  return socket;
}

/** The head of an answer; undefined if none comes in time. */
async function answerOf(socket: ReturnType<typeof connect>, withinMs = 20_000): Promise<string | undefined> {
  const answered = once(socket, "data", { signal: AbortSignal.timeout(withinMs) });
  return answered.then(
    ([data]) => String(data),
    () => undefined,
  );
}

/** Of a request whose body the server waits for. */
const soon = (socket: ReturnType<typeof connect>) => answerOf(socket, 200);

const BUSY = /^HTTP\/1.1 429 [\s\S]*retry-after: 1[\s\S]*"too_many_requests"/;

t.test("of one token, so many bodies are read at the same time, and no more", async (t) => {
  await using server = await serve(10_000);
  const slow = Array.from({ length: MOST_BODIES }, () => beginBody(server.url.port, "one"));
  t.same(new Set(await Promise.all(slow.map(soon))), new Set([undefined]), "all wait for the rest of a body");
  t.match(await answerOf(beginBody(server.url.port, "one")), BUSY);
  const other = beginBody(server.url.port, "other");
  other.write("{}");
  t.match(await answerOf(other), /^HTTP\/1.1 200 /, "another token is served");
  slow[0]?.write("{}");
  t.match(await answerOf(slow[0] as (typeof slow)[0]), /^HTTP\/1.1 200 /);
  t.equal(await soon(beginBody(server.url.port, "one")), undefined, "one that was answered makes room");
  slow[1]?.destroy();
  await once(slow[1] as (typeof slow)[0], "close");
  await sleep(50);
  t.equal(await soon(beginBody(server.url.port, "one")), undefined, "so does one that went away");
});

t.test("what was sent ahead of an answer makes room, too, when the connection ends", async (t) => {
  await using server = await serve(10_000);
  const ahead = Array.from({ length: MOST_BODIES }, () => {
    const socket = connect(Number(server.url.port), "127.0.0.1").on("error", () => undefined);
    socket.write("GET /waiting HTTP/1.1\r\nhost: a\r\n\r\n".repeat(2));
    socket.write("POST /cameras/one HTTP/1.1\r\nhost: a\r\nauthorization: ahead\r\ncontent-length: 9\r\n\r\n{");
    return socket;
  });
  for (let tries = 0; tries < 50 && !BUSY.test((await soon(beginBody(server.url.port, "ahead"))) ?? ""); tries++);
  for (const socket of ahead) socket.destroy();
  for (let tries = 0; tries < 100 && gone.length < 2 * MOST_BODIES; tries++) await sleep(50);
  t.equal(gone.length, 2 * MOST_BODIES, "each that waited heard of it");
  t.equal(await soon(beginBody(server.url.port, "ahead")), undefined);
});

t.test("of one token, so many bytes of bodies are read, whatever their number", async (t) => {
  await using server = await serve(10_000);
  const most = Math.floor(MOST_BODY_BYTES / BODY_BYTES);
  const chunked = { length: "transfer-encoding: chunked" };
  const slow = Array.from({ length: most }, () => beginBody(server.url.port, "one", chunked));
  t.same(new Set(await Promise.all(slow.map(soon))), new Set([undefined]));
  const announced = { length: `content-length: ${BODY_BYTES}` };
  t.match(await answerOf(beginBody(server.url.port, "one", announced)), BUSY);
  t.equal(await soon(beginBody(server.url.port, "one")), undefined, "a small one has room");
});

t.test("a name that no camera has is refused before the body is read", async (t) => {
  await using server = await serve(10_000);
  for (const camera of [".", "..", "...", "%2e%2e", "a%2Fb", "%00", "+", "%23", "a%20b", "a".repeat(65), "%E5%BA%97"]) {
    const answer = await answerOf(beginBody(server.url.port, "one", { camera }));
    t.match(answer, /^HTTP\/1.1 400 [\s\S]*"invalid_request"/, camera);
  }
  const named = beginBody(server.url.port, "one", { camera: "..north.1_-" });
  named.write("{}");
  t.match(await answerOf(named), /^HTTP\/1.1 200 /);
});
