import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import t from "tap";
import {
  credentialsOf,
  credentialsProblem,
  isBrokerUrl,
  openSocket,
  tlsProblem,
} from "../../../protocol/mqtt/socket.ts";
import { makeAuthority } from "../../support/broker.ts";

t.test("user and password come as they were before they were encoded, and none where there is none", async (t) => {
  t.same(credentialsOf(new URL("mqtt://us%40er:p%3Aw@b")), { username: "us@er", password: "p:w" });
  t.same(credentialsOf(new URL("mqtt://user@b")), { username: "user" });
  t.same(credentialsOf(new URL("mqtt://b")), {});
});

async function listen(t: Test, server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

type Test = Pick<typeof t, "teardown">;

/** "connected", or the code of what went wrong. */
async function outcome(socket: Socket, event: "connect" | "secureConnect"): Promise<string> {
  const failed = once(socket, "error").then(([error]) => String((error as NodeJS.ErrnoException).code));
  const found = await Promise.race([once(socket, event).then(() => "connected"), failed]);
  socket.on("error", () => undefined).destroy();
  return found;
}

const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

t.test("an address of IPv6 is reached without its brackets", { skip: !ipv6 && "no ::1 here" }, async (t) => {
  const port = await listen(t, createServer(), "::1");
  t.equal(await outcome(openSocket(new URL(`mqtt://[::1]:${port}`), {}), "connect"), "connected");
});

t.test("over TLS a broker is trusted by its authority and its name, otherwise not", async (t) => {
  await using authority = await makeAuthority();
  const read = (name: string) => readFile(join(authority.folder, name), "utf8");
  const [ca, cert, key] = [await read("ca.crt"), await read("broker.crt"), await read("broker.key")];
  const server = createTlsServer({ cert, key }).on("tlsClientError", () => undefined);
  const port = await listen(t, server, "0.0.0.0");
  const open = (url: string, tls: { ca?: string }) => outcome(openSocket(new URL(url), tls), "secureConnect");
  t.equal(await open(`mqtts://localhost:${port}`, { ca }), "connected");
  t.equal(await open(`mqtts://127.0.0.1:${port}`, { ca }), "connected", "by an address in its certificate");
  t.match(await open(`mqtts://localhost:${port}`, {}), /UNABLE_TO|SELF_SIGNED/, "nobody vouches for it");
  t.equal(await open(`mqtts://127.0.0.2:${port}`, { ca }), "ERR_TLS_CERT_ALTNAME_INVALID");
});

t.test("an address is one of MQTT, in any case of its letters, and has a host", async (t) => {
  for (const url of ["mqtt://localhost", "MQTTS://[::1]:8883"]) t.ok(isBrokerUrl(new URL(url)), url);
  for (const url of ["tls://localhost", "mqtt:localhost", "mqtts:///path"]) t.notOk(isBrokerUrl(new URL(url)), url);
});

t.test("an authority needs TLS, and a certificate its key", async (t) => {
  const [plain, secure] = [new URL("mqtt://localhost"), new URL("mqtts://localhost")];
  const [ca, cert, key] = ["authority", "certificate", "key"];
  t.match(tlsProblem(plain, { ca }), /mqtts:/);
  t.match(tlsProblem(secure, { cert }), /go together/);
  t.match(tlsProblem(plain, { ca, key }), /go together/);
  t.equal(tlsProblem(secure, { ca }), undefined);
  t.equal(tlsProblem(plain, { ca, cert, key }), undefined, "a certificate means TLS");
  t.equal(tlsProblem(plain, {}), undefined);
});

t.test("credentials that cannot be used are named before anything connects", async (t) => {
  await using authority = await makeAuthority();
  const read = (name: string) => readFile(join(authority.folder, name), "utf8");
  const [ca, cert, key] = [await read("ca.crt"), await read("broker.crt"), await read("broker.key")];
  const secure = new URL("mqtts://localhost");
  t.equal(credentialsProblem(new URL("mqtt://user:100%25@localhost"), {}), undefined);
  t.match(credentialsProblem(new URL("mqtt://user:100%@localhost"), {}), /write %25/);
  t.match(credentialsProblem(new URL("mqtt://us%er@localhost"), {}), /write %25/);
  t.equal(credentialsProblem(secure, { ca, cert, key }), undefined);
  for (const wrong of [
    { cert: "no certificate", key },
    { cert, key: "no key" },
    { ca: cert, cert: ca, key },
  ])
    t.match(credentialsProblem(secure, wrong), /PEM/);
  t.match(credentialsProblem(secure, { cert }), /go together/);
});
