import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { AUDIENCE, KEYS_KEPT_MS, openAccess, TRUSTED_MS } from "../../../gateway/http/access.ts";
import { generatePrivateJwk, readPrivateKey, sign } from "../../../protocol/encoding/tokens.ts";

const key = await readPrivateKey(await generatePrivateJwk("signing"), "signing");
const other = await readPrivateKey(await generatePrivateJwk("signing"), "signing");

async function bearer(by = key): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 10 * 86_400;
  return `Bearer ${await sign({ sub: "test", aud: AUDIENCE, scope: "fleet", exp }, "JWT", by)}`;
}

/** The issuer's web server, which answers with its keys or not. */
async function startIssuer() {
  const issuer = { answer: "keys" as "keys" | "error" | "nonsense" | "cut" };
  const server = createServer((request, response) => {
    if (issuer.answer === "cut") return void request.socket.destroy();
    response.statusCode = issuer.answer === "error" ? 500 : 200;
    response.end(issuer.answer === "keys" ? JSON.stringify({ keys: [key.public] }) : "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`);
  return Object.assign(issuer, { url, [Symbol.dispose]: () => void server.close() });
}

t.test("a token is not refused because its issuer does not answer", async (t) => {
  using issuer = await startIssuer();
  const access = openAccess({ keys: issuer.url });
  for (const answer of ["error", "nonsense", "cut"] as const) {
    issuer.answer = answer;
    await t.rejects(access(await bearer()), { code: "issuer_unreachable" }, answer);
  }
  issuer.answer = "keys";
  t.match(await access(await bearer()), { name: "test" });
  await t.rejects(access(await bearer(other)), { code: "token_refused" }, "no key of the issuer signed it");
});

t.test("the last keys of an issuer are trusted for a while", async (t) => {
  using issuer = await startIssuer();
  const startMs = Date.now();
  const now = Date.now;
  t.teardown(() => {
    Date.now = now;
  });
  const access = openAccess({ keys: issuer.url });
  await access(await bearer());
  issuer.answer = "cut";
  Date.now = () => startMs + KEYS_KEPT_MS - TRUSTED_MS;
  t.match(await access(await bearer()), { name: "test" });
  await t.rejects(access(await bearer(other)), { code: "issuer_unreachable" }, "its key may be a new one");
  Date.now = () => startMs + KEYS_KEPT_MS + 2 * TRUSTED_MS;
  await t.rejects(access(await bearer()), { code: "issuer_unreachable" });
});
