import { randomUUID } from "node:crypto";
import { join } from "node:path";
import t from "tap";
import { openCarrier } from "../../../carrier/client.ts";
import { openLedger } from "../../../device/messaging/ledger.ts";
import { type Clock, systemClock } from "../../../device/process/clock.ts";
import { clockIsSet, SOFTWARE_EXISTS_SINCE_MS } from "../../../device/status/clock-trust.ts";
import { openStore, readOnlyStore } from "../../../device/storage/store.ts";
import { monotonicMs } from "../../../drivers/monotonic.ts";
import { generatePrivateJwk } from "../../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../../support/broker.ts";
import { askWith, decided } from "../../support/stage.ts";
import { syntheticCamera } from "../../support/synthetic.ts";
import { openSynthetic } from "../../support/synthetic-device.ts";
import { until } from "../../support/until.ts";

const photo = Buffer.from([0xff, 0xd8, 0xff]);

t.test("what is believed, and when", async (t) => {
  const later = SOFTWARE_EXISTS_SINCE_MS + 1e9;
  const asked = (mode: Parameters<typeof clockIsSet>[0], wallMs: number, synchronised = false, ledgerAtMs = 0) =>
    clockIsSet(mode, { wallMs, synchronised, ledgerAtMs });
  t.notOk(asked("auto", 0), "1970 is what a board without a battery says");
  t.ok(asked("auto", later), "a container whose host keeps the time");
  t.notOk(asked("auto", later, false, later + 400_000), "earlier than the device's own last report");
  t.ok(asked("auto", later, false, later + 200_000), "time services set clocks back a little");
  t.notOk(asked("require", later));
  t.ok(asked("require", later, true));
  t.ok(asked("trust", 0));
});

/** A clock that tells whatever it is told to. */
function movableClock() {
  let shiftMs = 0;
  const clock: Clock = {
    wallMs: () => Date.now() + shiftMs,
    monotonicMs: systemClock.monotonicMs,
    synchronised: () => false,
  };
  const set = (ms: number) => {
    shiftMs = ms;
  };
  return { clock, set };
}

t.test("an interrupted request gets its report when the clock is set, and not with a wrong time", async (t) => {
  await using broker = await startTestBroker();
  const key = await generatePrivateJwk("signing");
  const dataFolder = join(t.testdir({}), "data");
  const acceptedAtMs = Date.now();
  {
    await using store = await openStore(join(dataFolder, "ledger"));
    const interrupted = { jti: randomUUID(), acceptedAtMs, expiresAtMs: acceptedAtMs + 60_000 };
    await openLedger(store, Date.now).accept(interrupted);
  }
  const { clock, set } = movableClock();
  set(-30 * 86_400_000);
  const { device } = await openSynthetic({
    brokerUrl: broker.url,
    name: "interrupted",
    carrier: key,
    dataFolder,
    own: { clock },
  });
  t.teardown(() => device[Symbol.asyncDispose]());
  await using carrier = await openCarrier({ brokerUrl: broker.url, device: "interrupted", key });
  t.match(await carrier.status(), { state: "faulty", faults: ["clock_not_set"] });
  t.same((await readOnlyLedger(dataFolder)).reports(), []);
  set(0);
  t.equal((await carrier.verify(askWith(photo))).claims.seq, 2, "after the report of the interrupted request");
  const [settled] = (await readOnlyLedger(dataFolder)).reports();
  t.ok((settled?.atMs ?? 0) >= acceptedAtMs);
});

async function readOnlyLedger(dataFolder: string) {
  const { store } = await readOnlyStore(join(dataFolder, "ledger"));
  return openLedger(store, Date.now);
}

t.test("without the time nothing is accepted, the status says so, and it ends by itself", async (t) => {
  await using broker = await startTestBroker();
  const key = await generatePrivateJwk("signing");
  const { clock, set } = movableClock();
  set(-Date.now() + 1_000_000);
  const dataFolder = join(t.testdir({}), "data");
  const own = { clock, camera: syntheticCamera(60) };
  const { device, log } = await openSynthetic({
    brokerUrl: broker.url,
    name: "timeless",
    carrier: key,
    dataFolder,
    own,
  });
  t.teardown(() => device[Symbol.asyncDispose]());
  await using carrier = await openCarrier({ brokerUrl: broker.url, device: "timeless", key });
  t.match(await carrier.status(), { state: "faulty", faults: ["clock_not_set"] });
  await t.rejects(carrier.verify(askWith(photo)), { code: "refused", refusal: "clock_not_set" });
  set(0);
  t.equal((await carrier.verify(askWith(photo))).claims.seq, 1);
  t.equal(log.filter(({ event }) => event === "clock_not_set").length, 1, "told once");

  for (const jumpMs of [-3_600_000, 86_400_000]) {
    const accepted = log.filter(({ event }) => event === "request_accepted").length;
    const beganMs = monotonicMs();
    const running = carrier.verify(askWith(photo));
    await until(() => log.filter(({ event }) => event === "request_accepted").length > accepted);
    set(jumpMs);
    const { claims } = await running;
    const tookMs = monotonicMs() - beganMs;
    t.equal(decided(claims), "match", `the clock jumps by ${jumpMs / 1000} s during a verification`);
    const lastedMs = (claims.finished - claims.started) * 1000;
    t.ok(lastedMs >= 0 && lastedMs <= tookMs, "its length is what it was");
    set(0);
  }
});
