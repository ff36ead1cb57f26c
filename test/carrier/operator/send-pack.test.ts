import t from "tap";
import { listenToDevices } from "../../../carrier/connection/device-listener.ts";
import type { CommandWay } from "../../../carrier/operator/commands.ts";
import { sendPack } from "../../../carrier/operator/send-pack.ts";
import { digest } from "../../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../../protocol/messages/contract.ts";
import { readChunk } from "../../../protocol/readers/pack-chunk.ts";
import { memoryBroker } from "../../support/memory-broker.ts";
import { signingDevice } from "../../support/signing-device.ts";

const hash = "c".repeat(64);
const bytes = Buffer.alloc(600_000, 1);
const pack = { token: "token", claims: { hash } as never, bytes };

t.test("a pack is sent from where the camera has it, also when a chunk is lost", async (t) => {
  // What waits for an answer keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  const device = await signingDevice("counter-7");
  const topics = topicsOf(DEFAULT_TOPICS, "counter-7");
  const broker = memoryBroker();
  const devices = listenToDevices(broker, { template: DEFAULT_TOPICS, pinOf: () => undefined });
  await broker.deliver(topics.identity, JSON.stringify(device.identity));
  const camera = { received: 0, mark: "", lost: 1 };
  const answer = async () => {
    const isWhole = camera.received === bytes.length;
    const incoming = { hash, receivedBytes: camera.received, sizeBytes: bytes.length };
    const packs = { active: { id: "test", hash, from: "release" }, previous: null, ready: [], incoming };
    const outcome = isWhole ? "done" : "working";
    await broker.deliver(topics.answer, await device.answer({ digest: camera.mark, outcome, packs }));
  };
  const publish: CommandWay["connection"]["publish"] = async ({ topic, payload }) => {
    if (topic === topics.command) camera.mark = digest(String(payload));
    const chunk = topic === topics.chunk ? readChunk(Buffer.from(payload)) : undefined;
    if (chunk && chunk.offset > 200_000 && camera.lost-- > 0) return;
    if (chunk?.offset === camera.received) camera.received += chunk.data.length;
    void answer();
  };
  const progress: number[] = [];
  const way: CommandWay = {
    topics,
    device: devices.of("counter-7"),
    key: device.signing,
    issuer: "operator",
    name: "counter-7",
    connection: { devices, publish, [Symbol.asyncDispose]: async () => undefined },
    identity: async () => device.identity,
  };
  t.match(await sendPack(way, pack, (received) => void progress.push(received)), { outcome: "done" });
  t.equal(camera.received, bytes.length);
  t.same(
    progress,
    [...progress].sort((a, b) => a - b),
  );
});
