import { once } from "node:events";
import { connect } from "node:net";
import t from "tap";
import { z } from "zod";
import { route } from "../../../gateway/http/route.ts";
import { nothing, WAIT_SECONDS } from "../../../gateway/http/routes/schemas.ts";
import { openHttpServer, SILENT_CONNECTION_MS } from "../../../gateway/http/server.ts";

const large = route({
  method: "GET",
  path: "/large",
  name: "large",
  summary: "A large page.",
  open: true,
  params: z.object({}),
  query: nothing,
  bodyKind: "none",
  body: nothing,
  answers: { 200: { what: "A page.", type: "text/plain" } },
  handle: async () => ({ kind: "text", type: "text/plain", body: "a".repeat(1_000_000) }),
});

const serve = () =>
  openHttpServer({
    host: "127.0.0.1",
    port: 0,
    routes: [large],
    access: () => Promise.reject(new Error("nobody shows a token")),
    rateLimit: { take: () => undefined },
    events: { answered: () => undefined, failed: (_route, error) => t.error(error) },
    silentWithinMs: 300,
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

t.test("a request that waits is silent for less long", async (t) => {
  t.ok(WAIT_SECONDS * 1_000 < SILENT_CONNECTION_MS);
});
