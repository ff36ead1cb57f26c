import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { openOperator } from "../../carrier/client.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { DEVICE, startService } from "../support/pack-kill.ts";
import { makeTestPack, signedCopy } from "../support/test-pack.ts";

const ROUNDS = 6;

t.test("a device that is told to stop while packs wait to be tried stops as ever", async (t) => {
  await using broker = await startTestBroker();
  const folder = t.testdir({});
  const key = await generatePrivateJwk("signing");
  const pack = await signedCopy(await makeTestPack(join(folder, "made")), join(folder, "signed"), key);
  const { hash } = pack.claims;
  for (let round = 0; round < ROUNDS; round++) {
    const service = await startService(broker.url, join(folder, "data"), key);
    const ended = once(service, "exit");
    t.teardown(() => service.kill("SIGKILL"));
    await using operator = await openOperator({ brokerUrl: broker.url, device: DEVICE, key });
    if (round === 0) await operator.sendPack(pack);
    const commands = [
      { type: "pack_activate", hash },
      { type: "pack_rollback" },
      { type: "pack_activate", hash },
    ] as const;
    const asked = commands.map((command) => operator.command(command).catch(() => undefined));
    await sleep(100 + round * 60);
    service.kill("SIGTERM");
    t.same(await ended, [0, null]);
    await Promise.race([Promise.all(asked), sleep(100)]);
  }
});
