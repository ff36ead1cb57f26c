import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { VerifiedReport } from "../../../carrier/client.ts";
import { archiveReports } from "../../../gateway/archive/archive.ts";
import { keepUnproven } from "../../../gateway/archive/unproven.ts";
import { keepRefusal, noteAsked } from "../../../gateway/verifications/verifications.ts";
import { forgetDeadLetters, listDeadLetters, resendDeadLetter } from "../../../gateway/webhooks/dead-letters.ts";
import { forgetUnseen, noteSeen } from "../../../gateway/webhooks/forgotten.ts";
import { openQueue } from "../../../gateway/webhooks/queue.ts";
import { openWebhooks, type WebhookEvents } from "../../../gateway/webhooks/webhooks.ts";
import type { ReportClaims } from "../../../protocol/messages/contract.ts";
import { freePort } from "../../support/broker.ts";
import { startReceiver } from "../../support/receiver.ts";
import { signingDevice } from "../../support/signing-device.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const { database } = await openTestDatabase(t);
const secret = `whsec_${randomBytes(24).toString("base64")}`;
const device = await signingDevice("counter-1");
const quiet: WebhookEvents = {
  sent: () => undefined,
  elsewhere: () => undefined,
  forgotten: () => undefined,
  dead: () => undefined,
  failed: (error) => t.error(error),
};
let seq = 0;

async function archive(jti: string): Promise<void> {
  const token = await device.report({ seq: ++seq, prev: null, jti });
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as ReportClaims;
  await archiveReports(database, [{ claims, token } as VerifiedReport]);
}

const ask = (id: string, answerBy: Date, digest = id) =>
  noteAsked(database, { device: "counter-1", id, fingerprint: "f", digest, askedBy: "test", answerBy });

const open = (
  endpoints: readonly { readonly name: string; readonly url: string; readonly secrets?: readonly string[] }[],
  tries = 18,
  events = quiet,
  removed: readonly string[] = [],
) =>
  openWebhooks({
    database,
    endpoints: { kept: endpoints.map((one) => ({ secrets: [secret], ...one })), removed },
    tries,
    answerSeconds: 1,
    events,
  });

async function untilDead(count: number) {
  for (let attempts = 0; attempts < 300; attempts++) {
    const dead = await listDeadLetters(database, 10);
    if (dead.length === count) return dead;
    await sleep(50);
  }
  throw new Error(`there are not ${count} dead letters`);
}

t.test("nothing is kept for endpoints that nobody configured", async (t) => {
  await using _none = await open([]);
  await archive("before-webhooks");
  t.same(await database.query("select 1 from webhook_outbox"), []);
});

t.test("reports, refusals and what nobody answers are sent, each once, signed", async (t) => {
  await using receiver = await startReceiver(secret);
  await using _webhooks = await open([{ name: "crm", url: receiver.url }]);
  const soon = new Date(Date.now() + 60_000);
  await ask("asked-refused", soon);
  await ask("asked-unanswered", new Date(Date.now() - 1_000));
  await archive("asked-reported");
  await keepRefusal(database, { v: 1, iss: "counter-1", iat: 1, code: "busy", because: "", digest: "asked-refused" });
  await receiver.untilReceived(3);
  const data = Object.fromEntries(receiver.received.map((one) => [one.data["id"], one.data]));
  t.match(data["asked-reported"], {
    camera: "counter-1",
    state: "reported",
    decision: "match",
    report: /^ey.+\..+\..+$/,
  });
  t.match(data["asked-refused"], { state: "refused", refusal: { code: "busy" } });
  t.match(data["asked-unanswered"], { state: "unanswered" });
  t.equal(receiver.forged(), 0);
  t.equal(new Set(receiver.received.map(({ id }) => id)).size, 3, "each event has an id of its own");
});

t.test("a new endpoint gets no history, and the time of an event is the time of the end", async (t) => {
  await using receiver = await startReceiver(secret);
  const recent = new Date(Date.now() - 3_600_000);
  await ask("old-unanswered", new Date(Date.now() - 3 * 86_400_000));
  await ask("recent-unanswered", recent);
  await using _webhooks = await open([{ name: "new", url: receiver.url }]);
  await receiver.untilReceived(1);
  await ask("next-unanswered", new Date(Date.now() - 1_000));
  await receiver.untilReceived(2);
  const seen = receiver.received.map(({ data }) => data["id"]);
  t.same(seen, ["recent-unanswered", "next-unanswered"]);
  t.match(JSON.parse(receiver.received[0]?.body ?? ""), { timestamp: recent.toISOString() });
});

t.test(
  "what nobody answers is noted also by a gateway without endpoints, so that later ones get no history",
  async (t) => {
    await ask("unanswered-before", new Date(Date.now() - 1_000));
    {
      await using _none = await open([]);
      const noted = "select 1 from verifications where id = 'unanswered-before' and unanswered_at is not null";
      for (let tries = 0; tries < 300 && (await database.query(noted)).length === 0; tries++) await sleep(50);
      t.equal((await database.query(noted)).length, 1);
    }
  },
);

t.test("a receiver that is away gets everything when it is back, and holds up no other", async (t) => {
  const port = await freePort();
  await using other = await startReceiver(secret);
  const endpoints = [
    { name: "away", url: `http://127.0.0.1:${port}/hooks` },
    { name: "here", url: other.url },
  ];
  await using _webhooks = await open(endpoints);
  for (let i = 0; i < 5; i++) await archive(`while-away-${i}`);
  await other.untilReceived(5);
  await using receiver = await startReceiver(secret, port);
  await receiver.untilReceived(5);
  t.same(new Set(receiver.received.map(({ id }) => id)), new Set(other.received.map(({ id }) => id)));
});

t.test("of two gateways with different files, each sends to its own endpoints, whoever starts last", async (t) => {
  await using first = await startReceiver(secret);
  await using second = await startReceiver(secret);
  await using _first = await open([{ name: "first", url: first.url }]);
  await using _second = await open([{ name: "second", url: second.url }]);
  await using _none = await open([]);
  await archive("for-both");
  await first.untilReceived(1);
  await second.untilReceived(1);
  t.equal(first.received[0]?.id, second.received[0]?.id, "one event has one id");
});

t.test("an event waits for the gateway that knows where to send it", async (t) => {
  const elsewhere: (readonly string[])[] = [];
  await using receiver = await startReceiver(secret);
  await (await open([{ name: "rare", url: receiver.url }]))[Symbol.asyncDispose]();
  const events = { ...quiet, elsewhere: (names: readonly string[]) => void elsewhere.push(names) };
  await using _other = await open([], 18, events);
  await archive("while-nobody-knew");
  t.ok(elsewhere.flat().includes("rare"), "a gateway says whose events it cannot send");
  await using _again = await open([{ name: "rare", url: receiver.url }]);
  await receiver.untilReceived(1);
  t.equal(receiver.received[0]?.data["id"], "while-nobody-knew");
});

t.test("an endpoint ends when a file says so, with what waits for it", async (t) => {
  await using receiver = await startReceiver(secret);
  receiver.answer((response) => response.writeHead(503).end());
  await (await open([{ name: "former", url: receiver.url }]))[Symbol.asyncDispose]();
  await archive("nobody-wants-it");
  await using _removing = await open([], 18, quiet, ["former"]);
  await archive("nobody-wants-it-either");
  t.equal(await waitingFor("former"), 0);
});

t.test("an endpoint that no process has had for a week is ended, with what waits for it", async (t) => {
  await (await open([{ name: "dropped", url: "http://127.0.0.1:9/hooks" }]))[Symbol.asyncDispose]();
  await archive("nobody-fetches-it");
  const age = (days: number) =>
    database.query("update webhook_endpoints set seen_at = now() - make_interval(days => $1) where name = 'dropped'", [
      days,
    ]);
  await age(6);
  t.same(await forgetUnseen(database), { endpoints: [], events: 0 });
  t.equal(await waitingFor("dropped"), 1);
  await age(8);
  await noteSeen(database, ["dropped"]);
  t.same((await forgetUnseen(database)).endpoints, [], "a process that runs has it");
  await age(8);
  t.same(await forgetUnseen(database), { endpoints: ["dropped"], events: 1 });
  await archive("nobody-fetches-it-either");
  t.equal(await waitingFor("dropped"), 0);
});

t.test("while a secret is replaced, receivers with the old and with the new one take the same event", async (t) => {
  const fresh = `whsec_${randomBytes(24).toString("base64")}`;
  await using before = await startReceiver(secret);
  await using after = await startReceiver(fresh);
  const secrets = [secret, fresh];
  const endpoints = [
    { name: "before", url: before.url, secrets },
    { name: "after", url: after.url, secrets },
  ];
  await using _webhooks = await open(endpoints);
  await archive("signed-twice");
  await before.untilReceived(1);
  await after.untilReceived(1);
  t.equal(before.forged() + after.forged(), 0);
});

t.test("what is not taken is tried 18 times in one to two days, and then given up", async (t) => {
  const failedToTidy = (error: unknown) => void t.error(error);
  const options = { database, endpoints: ["slow"], tries: 18, expireSeconds: 15, failedToTidy };
  await using queue = await openQueue(options);
  const job = randomUUID();
  const ended = { event: randomUUID(), device: "counter-1", id: "tried", seq: null, state: "refused" } as const;
  await queue.add([{ job, endpoint: "slow", at: new Date().toISOString(), ...ended }]);
  const waits: number[] = [];
  const nextTry = async () => {
    const [row] = await database.query<{ readonly seconds: number | null }>(
      `with due as (select id, start_after from webhook_jobs.job where id = $1 and state = 'retry'),
        now as (update webhook_jobs.job set start_after = now() where id = (select id from due))
      select extract(epoch from start_after - now())::float8 as seconds from due`,
      [job],
    );
    return row?.seconds;
  };
  for (let tries = 1; tries <= 18; tries++) {
    t.equal((await queue.take("slow", 1))[0]?.job, job, `try ${tries}`);
    await queue.failed("slow", job, "it answered 503");
    const seconds = await nextTry();
    if (typeof seconds === "number") waits.push(seconds);
  }
  t.equal(waits.length, 17);
  // What is measured comes after the time of two statements.
  for (const [i, wait] of waits.entries()) {
    const least = 2 ** Math.min(i, 15);
    t.ok(wait > least - 1 && wait <= 2 * least, `wait ${i}: ${wait} s`);
  }
  const days = waits.reduce((sum, wait) => sum + wait, 0) / 86_400;
  t.ok(days > 1.1 && days < 2.3, `${days} days`);
  t.same(await queue.take("slow", 1), []);
  const [dead] = await queue.givenUp(1);
  t.match(dead, { endpoint: "slow", id: "tried", why: "it answered 503" });
  await queue.buried([dead?.job ?? ""]);
});

t.test("an answer is bounded in time and bytes, and is not followed to another address", async (t) => {
  let visits = 0;
  const inner = createServer((_request, response) => {
    visits++;
    response.end();
  });
  await once(inner.listen(0, "127.0.0.1"), "listening");
  t.teardown(() => inner.close());
  await using receiver = await startReceiver(secret);
  const failures: string[] = [];
  const sent = (_name: string, why: string | undefined) => void (why && failures.push(why));
  await using _webhooks = await open([{ name: "stranger", url: receiver.url }], 2, { ...quiet, sent });
  const location = `http://127.0.0.1:${(inner.address() as AddressInfo).port}/`;
  receiver.answer((response) => response.writeHead(307, { location }).end());
  await archive("redirected");
  await untilDead(1);
  t.equal(visits, 0);
  receiver.answer(() => undefined);
  await archive("never-answered");
  await untilDead(2);
  receiver.answer((response) => {
    response.writeHead(200);
    const more = setInterval(() => response.write("x".repeat(65_536)), 1);
    response.once("close", () => clearInterval(more));
  });
  await archive("endless");
  for (let tries = 0; tries < 100 && (await waitingFor("stranger")) > 0; tries++) await sleep(50);
  t.equal(await waitingFor("stranger"), 0, "an answer without end is an answer: nobody reads it");
  t.same(new Set(failures), new Set(["it answered 307", "it did not answer within 1 s"]));
});

/** Of one endpoint: what another test's receiver had when its gateway stopped may be sent to it again. */
const waitingFor = async (endpoint: string) => {
  const [row] = await database.query<{ readonly n: number }>(
    `select (select count(*) from webhook_outbox where endpoint = $2)
      + (select count(*) from webhook_jobs.job where name = $1 and state < 'completed') as n`,
    [`to-${endpoint}`, endpoint],
  );
  return Number(row?.n);
};

t.test("a dead letter is listed with its cause, and sent again with the same id", async (t) => {
  const [never, redirected] = await listDeadLetters(database, 10);
  t.match(never, { endpoint: "stranger", id: "never-answered", why: "it did not answer within 1 s" });
  t.match(redirected, { endpoint: "stranger", id: "redirected", why: "it answered 307" });
  await using receiver = await startReceiver(secret);
  await using webhooks = await open([{ name: "stranger", url: receiver.url }]);
  t.match(await resendDeadLetter(database, redirected?.job ?? ""), { id: "redirected" });
  t.equal(await resendDeadLetter(database, randomUUID()), undefined);
  webhooks.look();
  await receiver.untilReceived(1);
  t.equal(receiver.received[0]?.id, redirected?.event);
  t.equal((await listDeadLetters(database, 10)).length, 1);
});

t.test("tokens that no known key has signed are kept for thirty days", async (t) => {
  await keepUnproven(database, { device: "stranger", token: "old", why: "test" });
  await database.query("update unproven set received_at = now() - interval '31 days'");
  await keepUnproven(database, { device: "stranger", token: "new", why: "test" });
  await (await open([]))[Symbol.asyncDispose]();
  t.same(await database.query("select token from unproven"), [{ token: "new" }]);
});

t.test("a dead letter is kept for thirty days, and not sent to an endpoint that was removed", async (t) => {
  const [left] = await listDeadLetters(database, 10);
  await (await open([], 18, quiet, ["stranger"]))[Symbol.asyncDispose]();
  t.equal(await resendDeadLetter(database, left?.job ?? ""), undefined);
  const age = (days: number) =>
    database.query("update webhook_dead set given_up_at = now() - make_interval(days => $1)", [days]);
  await age(29);
  await forgetDeadLetters(database);
  t.equal((await listDeadLetters(database, 10)).length, 1);
  await age(31);
  await (await open([]))[Symbol.asyncDispose]();
  t.same(await listDeadLetters(database, 10), []);
});
