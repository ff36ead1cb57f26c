import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { Sight } from "../../../device/inference/inference-messages.ts";
import { readEvents, type SentEvent } from "../../../gateway/pages/http/event-stream.ts";
import { openMqttClient } from "../../../protocol/mqtt/client.ts";
import { fakePhoto, setGatewayStage, verificationRequest } from "../../support/gateway.ts";
import { syntheticInference } from "../../support/synthetic.ts";
import { openSynthetic } from "../../support/synthetic-device.ts";
import { until } from "../../support/until.ts";

const CAMERA = "counter-1";
const NOBODY: Sight = { kind: "seen", width: 640, height: 480, observation: { kind: "no_face" } };

const stage = await setGatewayStage(t);
const { ask } = stage;
const inference = { ...syntheticInference(), sight: async () => NOBODY };
const { device } = await openSynthetic({
  brokerUrl: stage.broker.url,
  name: CAMERA,
  carrier: stage.key,
  dataFolder: join(t.testdir({}), "data"),
  own: { inference },
});
t.teardown(() => device[Symbol.asyncDispose]());
while (!(await (await ask("/v1/cameras", "fleet")).text()).includes('"ready"')) await sleep(50);

const headers = { "content-type": "application/json" };
const aim = (scope: string, signal: AbortSignal, seconds = 30) =>
  ask(`/v1/cameras/${CAMERA}/aim`, scope, { method: "POST", headers, body: JSON.stringify({ seconds }), signal });

/** Reads the events of an aim until one is wanted or they end. */
async function readUntil(answer: Response, isWanted: (event: SentEvent) => boolean): Promise<readonly SentEvent[]> {
  const seen: SentEvent[] = [];
  if (!answer.body) return seen;
  for await (const event of readEvents(answer.body, new AbortController().signal)) {
    seen.push(event);
    if (isWanted(event)) break;
  }
  return seen;
}

const isAim = ({ event }: SentEvent) => event === "aim";

t.test("an aim streams numbers, and ends when its time is over", async (t) => {
  const seen = await readUntil(await aim(`camera:${CAMERA}`, new AbortController().signal, 1), () => false);
  t.equal(seen[0]?.event, "begun");
  const aims = seen.filter(isAim).map(({ data }) => JSON.parse(data));
  t.match(aims[0], { frame: { width: 640, height: 480 }, seen: "nobody" });
  t.match(aims.at(-1), { ended: "time" });
});

t.test("whoever closes the connection ends the aim at the camera", async (t) => {
  await using observer = await observeAims();
  const mine = new AbortController();
  await readUntil(await aim("fleet", mine.signal), isAim);
  mine.abort();
  t.ok(await until(() => observer.ended.includes("cancelled")), "the camera says so");
});

t.test("while somebody is verified, an aim is refused with the camera's code", async (t) => {
  const request = verificationRequest(fakePhoto());
  const body = { ...JSON.parse(String(request.body)), policy: { timeoutMs: 20_000, challenge: "never" } };
  await ask(`/v1/cameras/${CAMERA}/verifications`, "fleet", { ...request, body: JSON.stringify(body) });
  const seen = await readUntil(await aim("fleet", new AbortController().signal), isAim);
  if (seen.some(isAim)) return void t.pass("the verification was over first");
  t.match(seen.at(-1), { event: "refused", data: /"code":"busy"/ });
});

t.test("an aim of a camera beyond the token's scope is answered like one that is not there", async (t) => {
  const signal = new AbortController().signal;
  t.equal((await aim("shop:south", signal)).status, 404);
  t.equal((await aim("fleet", signal, 500)).status, 400);
});

/** Says why aims ended, by the broker's topic. */
async function observeAims() {
  const ended: string[] = [];
  const client = openMqttClient({ url: stage.broker.url, clientId: "observer", subscribe: ["#"] });
  await new Promise<void>((resolve) =>
    client.start({
      connected: () => resolve(),
      lost: () => undefined,
      message: (topic, payload) => {
        if (topic.endsWith("/aim")) ended.push(JSON.parse(Buffer.from(payload).toString()).ended ?? "");
      },
    }),
  );
  return { ended, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}
