import t from "tap";
import { startMosquitto } from "../support/broker.ts";
import { startMosquittoNode } from "../support/brokers/mosquitto.ts";
import { killAfterAcknowledgement } from "../support/kill-after-ack.ts";

const installed = await startMosquitto();
if (!installed) {
  t.pass("mosquitto is not installed");
  process.exit();
}
await installed[Symbol.asyncDispose]();

t.test(
  "mosquitto is killed after its acknowledgement: without receipts the report is lost, with them it is not",
  async (t) => {
    const without = await killAfterAcknowledgement(startMosquittoNode, 1, false, () => undefined);
    const withReceipts = await killAfterAcknowledgement(startMosquittoNode, 1, true, () => undefined);
    if (!without || !withReceipts) return void t.pass("PostgreSQL is not installed");
    t.match(without, { archived: 0, lost: 1 }, "the baseline");
    t.match(withReceipts, { archived: 1, lost: 0, doubles: 0, unsent: 0 });
  },
);
