import { randomUUID } from "node:crypto";
import { Validator } from "@seriousme/openapi-schema-validator";
import t from "tap";
import { openPostgres } from "../../../gateway/database/server.ts";
import { generatePrivateJwk, readPrivateKey, sign } from "../../../protocol/encoding/tokens.ts";
import { fakePhoto, setGatewayStage, verificationRequest } from "../../support/gateway.ts";

const stage = await setGatewayStage(t);
const { ask, gateway } = stage;
const register = (body: object) => ({
  method: "PUT",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const put = (shop: string) => register({ shop });
const pinned = (pin: string) => register({ pin });
for (const [camera, shop] of [
  ["counter-1", "north"],
  ["counter-2", "south"],
] as const) {
  await ask(`/v1/cameras/${camera}`, "fleet", put(shop));
}

const codeOf = async (answer: Response) => {
  const body = JSON.parse(await answer.text()) as { readonly code?: string };
  return `${answer.status} ${body.code ?? ""}`.trim();
};

t.test("a token sees and starts nothing beyond its scope", async (t) => {
  const listed = async (scope: string) => {
    const { cameras } = JSON.parse(await (await ask("/v1/cameras", scope)).text()) as {
      readonly cameras: readonly { readonly camera: string }[];
    };
    return cameras.map(({ camera }) => camera);
  };
  t.same(await listed("camera:counter-1"), ["counter-1"]);
  t.same(await listed("shop:south"), ["counter-2"]);
  t.same(await listed("fleet"), ["counter-1", "counter-2"]);
  t.same(await listed("camera: shop: fleets admin *"), []);
  if (stage.databaseUrl !== "embedded") {
    await using database = openPostgres(new URL(stage.databaseUrl), () => undefined);
    await database.query(
      `insert into verifications (device, id, fingerprint, digest, asked_by, answer_by)
        values ('counter-2', 'of-counter-2', 'f', 'd', 'somebody', now() + interval '1 minute')`,
    );
  }
  const cancel = { method: "POST", headers: { "content-type": "application/json" }, body: '{"because":"cancelled"}' };
  for (const scope of ["camera:counter-1", "shop:north", ""]) {
    const own = verificationRequest(fakePhoto());
    t.equal(await codeOf(await ask("/v1/cameras/counter-2/verifications", scope, own)), "404 not_found");
    for (const path of ["", "/events", "?wait=5"])
      t.equal(await codeOf(await ask(`/v1/verifications/of-counter-2${path}`, scope)), "404 not_found");
    t.equal(await codeOf(await ask("/v1/verifications/of-counter-2/cancel", scope, cancel)), "404 not_found");
    t.equal(await codeOf(await ask("/v1/cameras/counter-1", scope, put("east"))), "403 not_allowed");
    t.equal(await codeOf(await ask("/v1/cameras/counter-2/verifications", scope)), "404 not_found");
    for (const path of ["", "/counter-1"])
      t.equal(await codeOf(await ask(`/v1/fleet${path}`, scope)), "403 not_allowed");
  }
});

t.test("the interface is described as OpenAPI 3.1 wants it", async (t) => {
  const description = (await (await fetch(new URL("/openapi.json", gateway.url))).json()) as Record<string, unknown>;
  t.match(await new Validator().validate(description), { valid: true });
  const { paths: _, ...broken } = description;
  t.match(await new Validator().validate({ ...broken, paths: { "/v1": { get: 7 } } }), { valid: false });
});

const rolloutPlan = {
  ...{ what: { kind: "settings", set: { MATCHLIGHT_TIMEOUT_MS: "8000" } } },
  ...{ shares: [1, 100], hours: 24, least: 200 },
};

t.test("every route that is described hides what is another's", async (t) => {
  const { paths } = JSON.parse(await (await fetch(new URL("/openapi.json", gateway.url))).text()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
  };
  const withBody = (body: object) => ({ headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const bodies: Readonly<Record<string, () => RequestInit>> = {
    registerCamera: () => put("north"),
    askForVerification: () => verificationRequest(fakePhoto()),
    cancelVerification: () => withBody({ because: "cancelled" }),
    aimCamera: () => withBody({ seconds: 10 }),
    startRollout: () => withBody(rolloutPlan),
    moveRollout: () => withBody({ to: "halted" }),
    noteRolloutCamera: () => withBody({ state: "done" }),
  };
  const seen: string[] = [];
  for (const [path, operations] of Object.entries(paths)) {
    const filled = path
      .replace("{camera}", "counter-2")
      .replace("{id}", "of-counter-2")
      .replace(/\{(letter|rollout)\}/, randomUUID());
    for (const [method, { operationId }] of Object.entries(operations)) {
      if (operationId === "listCameras") continue;
      const init = { ...bodies[operationId]?.(), method: method.toUpperCase() };
      const answer = await codeOf(await ask(filled, "camera:counter-1 shop:north", init));
      t.ok(["404 not_found", "403 not_allowed"].includes(answer), `${operationId}: ${answer}`);
      seen.push(operationId);
    }
  }
  t.ok(seen.length >= 10, `${seen.length} routes`);
});

t.test("tokens that are not the issuer's are refused", async (t) => {
  const stranger = await readPrivateKey(await generatePrivateJwk("signing"), "signing");
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { sub: "test", aud: "matchlight-gateway", scope: "fleet", exp };
  const none = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(claims))}.`.replaceAll("=", "");
  const tokens = {
    "by a stranger": await sign(claims, "JWT", stranger),
    unsigned: none,
    expired: await stage.token("fleet", { exp: exp - 3_600 }),
    "for another audience": await stage.token("fleet", { aud: "else" }),
    "without an end": await stage.token("fleet", { exp: undefined }),
    "without a subject": await stage.token("fleet", { sub: undefined }),
    long: `${"a".repeat(9_000)}.b.c`,
  };
  for (const [name, token] of Object.entries(tokens)) {
    const headers = { authorization: `Bearer ${token}` };
    t.equal(await codeOf(await fetch(new URL("/v1/cameras", gateway.url), { headers })), "401 token_refused", name);
  }
  t.equal(await codeOf(await fetch(new URL("/v1/cameras", gateway.url))), "401 token_missing");
});

t.test("bad input gets its problem, and changes nothing", async (t) => {
  const path = "/v1/cameras/counter-1/verifications";
  const good = verificationRequest(fakePhoto());
  const body = JSON.parse(String(good.body));
  const withBody = (change: object) => ({ ...good, body: JSON.stringify({ ...body, ...change }) });
  const headers = (change: object) => ({ ...good, headers: { ...(good.headers as object), ...change } });
  const json = { "content-type": "application/json" };
  const planned = (change: object) => ({
    ...{ method: "POST", headers: json },
    body: JSON.stringify({ ...rolloutPlan, ...change }),
  });
  const table: readonly (readonly [string, string, RequestInit, string])[] = [
    ["no key", path, { ...good, headers: { "content-type": "application/json" } }, "400 idempotency_key_missing"],
    ["a key with SQL", path, headers({ "idempotency-key": "'; drop table chain --" }), "400 invalid_request"],
    ["a camera with SQL", `/v1/cameras/${encodeURIComponent("x' or 1=1")}/verifications`, good, "400 invalid_request"],
    ["a topic as camera", `/v1/cameras/${encodeURIComponent("+/#")}/verifications`, good, "400 invalid_request"],
    ["no consent", path, withBody({ consent: undefined }), "400 invalid_request"],
    ["an unknown member", path, withBody({ report: true }), "400 invalid_request"],
    ["no base64", path, withBody({ photo: "%%%" }), "400 invalid_request"],
    ["no JSON", path, { ...good, body: "{" }, "400 invalid_request"],
    ["deep JSON", path, { ...good, body: `${"[".repeat(5_000)}${"]".repeat(5_000)}` }, "400 invalid_request"],
    ["an array", path, { ...good, body: "[]" }, "400 invalid_request"],
    ["text", path, headers({ "content-type": "text/plain" }), "415 unsupported_media"],
    ["no form", path, headers({ "content-type": "multipart/form-data; boundary=x" }), "400 invalid_request"],
    ["too large", path, { ...good, body: "x".repeat(2_200_000) }, "413 too_large"],
    ["a camera that nobody saw", path, good, "404 camera_unknown"],
    ["a long wait", `/v1/verifications/${randomUUID()}?wait=1e9`, {}, "400 invalid_request"],
    ["a page behind a NUL", "/v1/cameras?after=%00", {}, "400 invalid_request"],
    ["a pin with NULs", "/v1/cameras/counter-1", pinned("\0".repeat(43)), "400 invalid_request"],
    ["a shop that no scope can name", "/v1/cameras/counter-1", put("north west"), "400 invalid_request"],
    ["stages that go down", "/v1/rollouts", planned({ shares: [10, 1, 100] }), "400 invalid_request"],
    ["stages that end before all", "/v1/rollouts", planned({ shares: [1, 10] }), "400 invalid_request"],
    [
      "a setting that is none",
      "/v1/rollouts",
      planned({ what: { kind: "settings", set: { a: "b" } } }),
      "400 invalid_request",
    ],
    [
      "a setting with a NUL",
      "/v1/rollouts",
      planned({ what: { kind: "settings", set: { MATCHLIGHT_TOPICS: "\0" } } }),
      "400 invalid_request",
    ],
    ["a rollout that is not there", `/v1/rollouts/${randomUUID()}`, {}, "404 not_found"],
    ["no address", "/v2/", {}, "404 not_found"],
  ];
  for (const [name, at, init, expected] of table) t.equal(await codeOf(await ask(at, "fleet", init)), expected, name);
  if (stage.databaseUrl === "embedded") return;
  await using database = openPostgres(new URL(stage.databaseUrl), () => undefined);
  t.equal((await database.query("select 1 from verifications where device = 'counter-1'")).length, 0);
  t.equal((await database.query("select 1 from rollouts")).length, 0);
});
