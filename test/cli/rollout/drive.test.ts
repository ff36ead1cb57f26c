import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { CarrierError, type Operator } from "../../../carrier/client.ts";
import { openNotes } from "../../../cli/rollout/before.ts";
import type { Change } from "../../../cli/rollout/camera.ts";
import { type Drive, drive } from "../../../cli/rollout/drive.ts";
import { openRolloutGateway, type RolloutCameraAnswer, type RolloutGateway } from "../../../cli/rollout/gateway.ts";
import { generatePrivateJwk } from "../../../protocol/encoding/tokens.ts";

const PACK = { kind: "pack", pack: { claims: { hash: "b".repeat(64) } } } as unknown as Change;
const notes = await openNotes(await generatePrivateJwk("signing"));

interface Told {
  readonly cameras: string[];
  readonly troubles: string[];
}

function driving(gateway: RolloutGateway, told: Told, change: Partial<Drive> = {}): Drive {
  return {
    gateway,
    change: PACK,
    notes,
    connect: async () => {
      throw new CarrierError("device_offline", "it is away");
    },
    everyMs: 1,
    once: false,
    events: {
      camera: (camera, state, because) => void told.cameras.push(`${camera} ${state}: ${because}`),
      round: () => undefined,
      trouble: (because) => void told.troubles.push(because),
    },
    stop: new AbortController().signal,
    ...change,
  };
}

/** A gateway that answers the first requests in other ways, and then with this answer. */
async function gatewayThat(t: Test, first: ((response: ServerResponse) => void)[], answer: object) {
  const server = createServer((_request, response) => {
    const other = first.shift();
    if (other) other(response);
    else response.end(JSON.stringify(answer));
  });
  t.teardown(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return openRolloutGateway(new URL(`http://127.0.0.1:${port}`), join(t.testdir({ token: "t" }), "token"));
}

const fails = (response: ServerResponse) => response.writeHead(503).end("{}");
const HALTED = { state: "halted", cameras: [], comparisons: [] };

t.test("a rollout goes on when the gateway is back", async (t) => {
  const told: Told = { cameras: [], troubles: [] };
  const breaksOff = (response: ServerResponse) => response.writeHead(200, { "content-length": 99 }).end("{");
  const gateway = await gatewayThat(t, [fails, (response) => response.destroy(), breaksOff], HALTED);
  t.match(await drive("one", driving(gateway, told)), { state: "halted" });
  t.match(told.troubles, [/answers 503/, /cannot be reached/, /broke off|cannot be reached/]);
});

t.test(
  "with one round only, or after a signal, the command ends with the trouble; a refusal always ends it",
  async (t) => {
    const told: Told = { cameras: [], troubles: [] };
    for (const change of [{ once: true }, { stop: AbortSignal.abort() }]) {
      const gateway = await gatewayThat(t, [fails], HALTED);
      await t.rejects(drive("one", driving(gateway, told, change)), { name: "GatewayTrouble" });
    }
    const refuses = (response: ServerResponse) => response.writeHead(403).end(JSON.stringify({ code: "forbidden" }));
    await t.rejects(drive("one", driving(await gatewayThat(t, [refuses], HALTED), told)), { code: "forbidden" });
    t.same(told.troubles, []);
  },
);

/** A gateway with one camera, in memory. */
function gatewayOfOne(states: RolloutCameraAnswer[]): RolloutGateway {
  const camera = () => states.at(-1) as RolloutCameraAnswer;
  const due = async () => (["pending", "sent"].includes(camera().state) ? [camera()] : []);
  const rollout = async () => ({ rollout: "one", state: (await due()).length > 0 ? "running" : "done" });
  return {
    due,
    get: rollout,
    look: rollout,
    note: async (_rollout: string, _camera: string, note: object) => void states.push({ ...camera(), ...note }),
  } as unknown as RolloutGateway;
}

t.test("a camera that fails to measure a pack counts as failed after three times", async (t) => {
  const told: Told = { cameras: [], troubles: [] };
  const states: RolloutCameraAnswer[] = [
    { camera: "counter-1", stage: 1, state: "pending", before: null, because: null },
  ];
  let sent = 0;
  const operator = {
    reported: async () => ({ packs: { active: { hash: "a".repeat(64) }, ready: [] }, config: {} }),
    sendPack: async () => ({ outcome: "refused", code: "measuring_failed", because: `the thread ended ${++sent}` }),
    [Symbol.asyncDispose]: async () => undefined,
  } as unknown as Operator;
  const change = { connect: async () => operator };
  t.match(await drive("one", driving(gatewayOfOne(states), told, change)), { state: "done" });
  t.equal(sent, 3);
  t.match(states.at(-1), { state: "failed", because: /3 times measuring_failed: the thread ended 3/ });
  t.match(told.cameras, [/away: measuring_failed/, /away/, /failed: 3 times/]);
});
