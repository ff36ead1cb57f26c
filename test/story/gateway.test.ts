import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { openPostgres } from "../../gateway/database/server.ts";
import { fakePhoto, setGatewayStage, verificationRequest } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

const run = promisify(execFile);
const noPython = await run("/usr/bin/python3", ["-c", "import jwcrypto"]).then(
  () => false as const,
  () => "python3-jwcrypto is not installed (Debian: apt-get install)",
);

const secret = `whsec_${randomBytes(24).toString("base64")}`;
const receiver = await startReceiver(secret);
t.teardown(() => receiver[Symbol.asyncDispose]());
const endpoints = JSON.stringify([{ name: "pos", url: receiver.url, secrets: [secret] }]);
const webhooksFile = join(t.testdir({ "webhooks.json": endpoints }), "webhooks.json");
const stage = await setGatewayStage(t, { MATCHLIGHT_GATEWAY_WEBHOOKS: webhooksFile });
const { ask, gateway } = stage;

const data = await mkdtemp(join(tmpdir(), "matchlight-story-"));
t.teardown(() => rm(data, { recursive: true, force: true }));
const names = ["counter-1", "counter-2"] as const;
for (const name of names) {
  const dataFolder = join(data, name);
  const { device } = await openSynthetic({ brokerUrl: stage.broker.url, name, carrier: stage.key, dataFolder });
  t.teardown(() => device[Symbol.asyncDispose]());
}

/** Waits until the register shows a camera. */
async function untilReady(camera: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const text = await (await ask("/v1/cameras", "fleet")).text();
    const { cameras } = JSON.parse(text) as { readonly cameras: readonly { camera: string; state: string }[] };
    if (cameras.some((one) => one.camera === camera && one.state === "ready")) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${camera} does not show`);
}
for (const name of names) await untilReady(name);

t.test("a photo sent by HTTP is accepted, its events stream, and its signed report is fetched", async (t) => {
  const request = verificationRequest(fakePhoto());
  const accepted = await ask("/v1/cameras/counter-1/verifications", "camera:counter-1", request);
  t.equal(accepted.status, 202, await accepted.clone().text());
  t.equal(accepted.headers.get("location"), `/v1/verifications/${request.id}`);
  const events = ask(`/v1/verifications/${request.id}/events`, "camera:counter-1").then((answer) => answer.text());
  const done = await (await ask(`/v1/verifications/${request.id}?wait=20`, "camera:counter-1")).json();
  t.match(done, { id: request.id, camera: "counter-1", state: "reported", report: /^ey.+\..+\..+$/ });
  t.match(await events, /event: ended\ndata: .*"state":"reported"/);
});

t.test("the same Idempotency-Key asks once; another request with it is refused", async (t) => {
  const request = verificationRequest(fakePhoto());
  const path = "/v1/cameras/counter-1/verifications";
  for (const _ of [1, 2]) t.equal((await ask(path, "fleet", request)).status, 202);
  const other = { ...request, body: JSON.stringify({ ...JSON.parse(String(request.body)), purpose: "other" }) };
  const refused = await ask(path, "fleet", other);
  t.equal(refused.status, 409);
  t.match(refused.headers.get("content-type"), "application/problem+json");
  t.match(await refused.json(), { code: "id_taken", status: 409 });
  await ask(`/v1/verifications/${request.id}?wait=20`, "fleet");
});

t.test("a photo in a form is accepted, and a verification is cancelled", async (t) => {
  const id = randomUUID();
  const form = new FormData();
  form.set("photo", new Blob([new Uint8Array(fakePhoto())]), "photo.jpg");
  const consent = { id: "consent-1", at: Math.floor(Date.now() / 1000), notice: "notice-1" };
  form.set("request", JSON.stringify({ purpose: "test", consent }));
  const init = { method: "POST", body: form, headers: { "idempotency-key": id } };
  t.equal((await ask("/v1/cameras/counter-2/verifications", "camera:counter-2", init)).status, 202);
  const because = { method: "POST", headers: { "content-type": "application/json" }, body: '{"because":"declined"}' };
  t.equal((await ask(`/v1/verifications/${id}/cancel`, "camera:counter-2", because)).status, 202);
  t.match(await (await ask(`/v1/verifications/${id}?wait=20`, "camera:counter-2")).json(), { state: "reported" });
});

t.test("the program of docs/INTEGRATION.md verifies a customer", { skip: noPython }, async (t) => {
  const photo = join(t.testdir({ "photo.jpg": fakePhoto() }), "photo.jpg");
  const token = await stage.token("camera:counter-1");
  const program = join(PACKAGE_FOLDER, "docs", "pos.py");
  const { stdout } = await run("/usr/bin/python3", [program, gateway.url.href, token, "counter-1", photo]);
  t.match(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""), { iss: "counter-1", decision: "match" });
});

t.test("nothing of the photo is in the database, a webhook, a file or the log", async (t) => {
  if (stage.databaseUrl === "embedded") return void t.pass("PostgreSQL is not installed");
  await using database = openPostgres(new URL(stage.databaseUrl), () => undefined);
  const tables = await database.query<{ readonly name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  const marks = ["ZZZZZZZZ", "WlpaWlpa", Buffer.alloc(8, 0x5a).toString("hex")];
  for (const { name } of tables) {
    const [row] = await database.query<{ readonly text: string | null }>(
      `select string_agg(t::text, ' ') as text from "${name}" t`,
    );
    for (const mark of marks) t.notOk(row?.text?.includes(mark), `${name}: ${mark}`);
  }
  const files = await readdir(stage.environment["MATCHLIGHT_GATEWAY_DATA"] ?? "", {
    recursive: true,
    withFileTypes: true,
  });
  const written = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), "latin1")),
  );
  const webhooks = receiver.received.map(({ body }) => body);
  t.ok(webhooks.length > 0 && written.length > 0, "there is something to search");
  for (const text of [stage.log(), ...written, ...webhooks])
    for (const mark of [...marks, "template", '"photo"']) t.notOk(text.includes(mark), mark);
});

t.test("metrics count what was archived", async (t) => {
  const page = await (await fetch(new URL("/metrics", gateway.url))).text();
  t.equal(/gateway_reports_total\{outcome="fresh"\} (\d+)/.exec(page)?.[1], noPython ? "3" : "4");
});

t.test("a database that was restored from a backup gets the reports after it from the camera", async (t) => {
  if (stage.databaseUrl === "embedded") return void t.pass("PostgreSQL is not installed");
  await using database = openPostgres(new URL(stage.databaseUrl), () => undefined);
  const verify = async () => {
    const request = verificationRequest(fakePhoto());
    await ask("/v1/cameras/counter-2/verifications", "fleet", request);
    await ask(`/v1/verifications/${request.id}?wait=20`, "fleet");
  };
  for (const _ of [1, 2]) await verify();
  await database.run(`
    delete from reports where device = 'counter-2' and seq > 1;
    delete from chain where device = 'counter-2' and seq > 1;
    update chain_ends set seq = 1 where device = 'counter-2'`);
  await verify();
  const gaps = () =>
    database.query<{ readonly from: number; readonly to: number; readonly closed: boolean }>(
      `select from_seq::int as "from", to_seq::int as "to", closed_at is not null as closed from gaps`,
    );
  t.same(await gaps(), [{ from: 2, to: 3, closed: false }]);
  // It has stayed long enough.
  await database.query("update gaps set found_at = now() - interval '1 minute'");
  for (let tries = 0; tries < 150 && !(await gaps())[0]?.closed; tries++) await sleep(100);
  t.same(await gaps(), [{ from: 2, to: 3, closed: true }]);
  const rows = await database.query("select seq from reports where device = 'counter-2'");
  t.equal(rows.length, 4);
  const findings = await database.query("select kind from findings");
  t.same(findings, [{ kind: "gap" }], "the gap is one finding");
});
