import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import t from "tap";
import { openOperator } from "../../../carrier/client.ts";
import { type Before, openNotes } from "../../../cli/rollout/before.ts";
import type { Change } from "../../../cli/rollout/camera.ts";
import { requireResumable } from "../../../cli/rollout/change.ts";
import { drive } from "../../../cli/rollout/drive.ts";
import { openRolloutGateway } from "../../../cli/rollout/gateway.ts";
import { generatePrivateJwk } from "../../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../../support/broker.ts";
import { openObedientCamera } from "../../support/obedient-camera.ts";

const HARM = { MATCHLIGHT_BROKER_URL: "mqtt://attacker.example" };
const ROLLOUT = "00000000-0000-4000-8000-000000000001";

/** A gateway in an attacker's hands: it says whatever `state` and `before` are, and writes down what it is told. */
const told: string[] = [];
const says = { state: "undoing", before: undefined as unknown };
const rollout = () => ({
  ...{ rollout: ROLLOUT, what: { kind: "settings", set: HARM }, shares: [100], hours: 1, least: 1 },
  ...{ state: says.state, stage: 1, stageAt: "", why: null, createdAt: "", createdBy: "" },
  ...{ cameras: [], level: 0, comparisons: [], verdict: "" },
});
const gateway = createServer(async (request, response) => {
  const body: string[] = [];
  for await (const part of request) body.push(String(part));
  if (request.method === "PUT") told.push(body.join(""));
  if (request.method === "PUT" && body.join("").includes("undone")) says.state = "undone";
  const due = { cameras: [{ camera: "counter-1", stage: 1, state: "done", before: says.before, because: null }] };
  const isPage = request.url?.includes("/cameras?");
  const answer = request.url === "/v1/rollouts" && request.method === "GET" ? { rollouts: [rollout()] } : rollout();
  response.end(JSON.stringify(isPage ? due : answer));
});
gateway.listen(0, "127.0.0.1");
await once(gateway, "listening");
t.teardown(() => gateway.close());

const broker = await startTestBroker();
t.teardown(() => broker[Symbol.asyncDispose]());
const key = await generatePrivateJwk("signing");
const folder = t.testdir({ token: "t" });
const obedient = await openObedientCamera({
  ...{ brokerUrl: broker.url, name: "counter-1", operator: key, everyMs: 60_000, decide: () => "match" },
});
t.teardown(() => obedient[Symbol.asyncDispose]());

const SETTINGS = { kind: "settings", set: { MATCHLIGHT_TIMEOUT_MS: "9000" } } as const;

/** One round against this gateway, as the command drives it. */
async function round(change: Change | undefined) {
  const url = new URL(`http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
  const endings: string[] = [];
  await drive(ROLLOUT, {
    ...{
      gateway: openRolloutGateway(url, join(folder, "token")),
      change,
      notes: await openNotes(key),
      everyMs: 1,
      once: true,
    },
    connect: (device) => openOperator({ brokerUrl: broker.url, device, key }),
    events: { camera: (_, state) => endings.push(state), round: () => undefined, trouble: () => undefined },
    stop: new AbortController().signal,
  });
  return endings;
}

t.test("a gateway that is broken into has the operator sign nothing of its own", async (t) => {
  const config = { MATCHLIGHT_BROKER_URL: { value: "mqtt://attacker.example", from: "command" } };
  const before = { kind: "settings", config };
  const mine = await openNotes(key);
  const theirs = await openNotes(await generatePrivateJwk("signing"));
  const [rollout, camera] = [ROLLOUT, "counter-1"];
  const made = [
    before,
    await theirs.sign({ rollout, camera, before: before as Before }),
    // The operator's own, of another camera and another rollout.
    await mine.sign({ rollout, camera: "counter-2", before: before as Before }),
    await mine.sign({ rollout: "another", camera, before: before as Before }),
  ];
  for (const one of made) {
    Object.assign(says, { state: "undoing", before: one });
    t.same(await round(undefined), ["failed"]);
  }
  Object.assign(says, { state: "undoing", before: made[0] });
  t.same(await round(SETTINGS), [], "who begins takes nothing back");
  Object.assign(says, { state: "running", before: null });
  t.same(await round(undefined), [], "who takes back begins nothing");
  t.same(obedient.done(), [], "no camera was sent anything");
});

t.test("what was noted is kept signed, and is taken back", async (t) => {
  Object.assign(says, { state: "running", before: null });
  t.same(await round(SETTINGS), ["done"]);
  t.match(obedient.config(), SETTINGS.set);
  const { before } = told.map((note) => JSON.parse(note)).find((note) => note.before);
  Object.assign(says, { state: "undoing", before });
  t.same(await round(undefined), ["undone"]);
  t.same(obedient.config(), {});
});

t.test("who goes on with settings names them", (t) => {
  const found = { state: "halted", what: { kind: "settings", set: HARM } } as const;
  t.throws(() => requireResumable(found, SETTINGS), /another change/);
  t.throws(() => requireResumable({ state: "undoing", what: SETTINGS }, SETTINGS), /roll-back/);
  t.doesNotThrow(() => requireResumable({ state: "halted", what: SETTINGS }, SETTINGS));
  t.end();
});
