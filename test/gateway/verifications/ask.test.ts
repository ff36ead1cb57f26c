import { randomUUID } from "node:crypto";
import t from "tap";
import { readKey } from "../../../carrier/request.ts";
import { findCamera, keepIdentity, keepStatus } from "../../../gateway/register/register.ts";
import { openAsking } from "../../../gateway/verifications/ask.ts";
import { generatePrivateJwk } from "../../../protocol/encoding/tokens.ts";
import type { Status } from "../../../protocol/messages/contract.ts";
import { fakePhoto } from "../../support/gateway.ts";
import { signingDevice } from "../../support/signing-device.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const CAMERA = "counter-1";
const { database } = await openTestDatabase(t);
await keepIdentity(database, (await signingDevice(CAMERA)).identity, "first_seen");
const asker = { issuer: "carrier", key: await readKey(await generatePrivateJwk("signing")) };

let brokerIsAway = false;
let sent = 0;
const asking = openAsking({
  database,
  asker,
  topics: "matchlight/v1/{device}/{channel}",
  receipts: false,
  async publish() {
    if (brokerIsAway) throw new Error("away");
    sent++;
  },
});
const consent = { id: "consent-1", at: Math.floor(Date.now() / 1000), notice: "notice-1" };

async function ask(id: string, purpose = "test") {
  const camera = await findCamera(database, CAMERA);
  return asking.verify(CAMERA, camera, id, { reference: fakePhoto(), purpose, consent }, "test");
}
const become = (state: Status["state"]) =>
  keepStatus(database, { v: 1, device: CAMERA, state, faults: [] }, "first_seen");

t.test("a repetition is known also when its camera has gone, and another request is refused", async (t) => {
  const id = randomUUID();
  await become("ready");
  t.equal(await ask(id), "sent");
  await become("offline");
  sent = 0;
  t.equal(await ask(id), "known");
  await t.rejects(ask(id, "other"), { code: "id_taken" });
  await t.rejects(ask(randomUUID()), { code: "camera_offline" });
  t.equal(sent, 0);
});

t.test("a request that the broker did not take is not known while its camera is away", async (t) => {
  const id = randomUUID();
  await become("ready");
  brokerIsAway = true;
  await t.rejects(ask(id), /away/);
  brokerIsAway = false;
  await become("offline");
  await t.rejects(ask(id), { code: "camera_offline" });
  await become("ready");
  t.equal(await ask(id), "sent");
});
