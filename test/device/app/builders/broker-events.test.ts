import t from "tap";
import { openBrokerEvents } from "../../../../device/app/builders/broker-events.ts";
import type { Messaging } from "../../../../device/app/builders/messaging.ts";
import type { Ledger } from "../../../../device/messaging/ledger.ts";
import { systemClock } from "../../../../device/process/clock.ts";
import { openLog } from "../../../../device/process/log.ts";
import { openDeviceStatus } from "../../../../device/status/device-status.ts";
import { StoreError } from "../../../../device/storage/store.ts";
import { openResources } from "../../../../protocol/common/disposable-stack.ts";
import { BrokerError } from "../../../../protocol/mqtt/client.ts";
import { darkLight } from "../../../support/stage.ts";
import { until } from "../../../support/until.ts";

t.test(
  "a report that is sent and cannot be noted as sent is a fault of the storage, also after an outage",
  async (t) => {
    const failures: unknown[] = [];
    let isAway = true;
    const ledger = {
      unsent: () => [{ seq: 1, token: "", jti: "request-1", atMs: 0 }],
      isUnsent: () => true,
      acknowledged: () => Promise.reject(new StoreError("no space left")),
    } as unknown as Ledger;
    const report = async () => {
      if (isAway) throw new BrokerError("unreachable", "no connection");
    };
    const messaging = { publisher: { report }, ledger, bestEffort: () => undefined };
    const status = {
      deviceStatus: openDeviceStatus({ device: "one", light: darkLight, statusChanged: () => undefined }),
      storage: {
        isFailing: () => false,
        failed: (error: unknown) => failures.push(error),
        writable: async () => true,
        stop: () => undefined,
      },
    };
    const { outbox } = openBrokerEvents(messaging as unknown as Messaging, status, systemClock, {
      log: openLog("silent", "one"),
      opened: openResources(),
    });
    outbox.wake();
    await outbox.idle();
    t.same(failures, []);
    isAway = false;
    outbox.wake();
    t.ok(await until(() => failures.length > 0));
    t.match(failures, [{ message: "no space left" }]);
    await outbox[Symbol.asyncDispose]();
  },
);
