import { join } from "node:path";
import t from "tap";
import { openOperator } from "../../../carrier/client.ts";
import { generatePrivateJwk } from "../../../protocol/encoding/tokens.ts";
import { freePort, startTestBroker } from "../../support/broker.ts";
import { openSynthetic } from "../../support/synthetic-device.ts";

const NAME = "counter-7";
const broker = await startTestBroker();
const [carrier, key] = [await generatePrivateJwk("signing"), await generatePrivateJwk("signing")];
const { d: _, ...publicKey } = key;
const { device } = await openSynthetic({
  brokerUrl: broker.url,
  name: NAME,
  carrier,
  dataFolder: join(t.testdir({}), "data"),
  environment: { MATCHLIGHT_OPERATOR_KEY: JSON.stringify(publicKey) },
});
t.teardown(async () => {
  await device[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});
const reach = { brokerUrl: broker.url, device: NAME, key };

t.test("an operator sees what a camera retains, and has its answers", async (t) => {
  await using operator = await openOperator(reach);
  t.equal((await operator.identity()).device, NAME);
  t.match((await operator.status()).state, /ready|busy/);
  t.match((await operator.health()).device, NAME);
  t.match(await operator.reported(), { iss: NAME, packs: { ready: [] } });
  t.match(await operator.command({ type: "pack_rollback" }), { outcome: "refused", code: "nothing_to_roll_back" });
});

t.test("what cannot be done has a code that the types know", async (t) => {
  await using operator = await openOperator({ ...reach, pinned: "another" });
  await t.rejects(operator.identity(), { name: "CarrierError", code: "device_unknown", message: /pinned/ });
  await t.rejects(openOperator({ ...reach, key: publicKey }), { name: "CarrierError", code: "bad_input" });
  const nowhere = new URL(`mqtt://127.0.0.1:${await freePort()}`);
  await t.rejects(openOperator({ ...reach, brokerUrl: nowhere }), { name: "CarrierError", code: "broker_unreachable" });
  const other = await openOperator(reach);
  await other.identity();
  await other[Symbol.asyncDispose]();
  await t.rejects(other.command({ type: "pack_rollback" }), { name: "CarrierError", code: "broker_unreachable" });
});
