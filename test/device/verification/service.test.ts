import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { openUprightInference } from "../../../device/inference/upright-inference.ts";
import { type Entry, openLedger } from "../../../device/messaging/ledger.ts";
import { thresholdOf } from "../../../device/packs/thresholds.ts";
import { systemClock } from "../../../device/process/clock.ts";
import { openLog } from "../../../device/process/log.ts";
import { openDeviceStatus } from "../../../device/status/device-status.ts";
import type { StorageMonitor } from "../../../device/status/storage-monitor.ts";
import { openStore, type Store, StoreError } from "../../../device/storage/store.ts";
import { openService } from "../../../device/verification/service.ts";
import { withResolvers } from "../../../protocol/common/with-resolvers.ts";
import { generatePrivateJwk, readPrivateKey } from "../../../protocol/encoding/tokens.ts";
import type { AimClaims, CancelClaims, ReportClaims } from "../../../protocol/messages/contract.ts";
import type { VerifyRequest } from "../../../protocol/readers/request-reader.ts";
import { darkLight } from "../../support/stage.ts";
import { syntheticCamera, syntheticInference } from "../../support/synthetic.ts";

const NAME = "service-camera";

interface Serving {
  /** May stand between the ledger and its disk. */
  readonly around?: (store: Store) => Store;
  readonly fmr?: number;
  readonly asked?: (fmr: number) => void;
  readonly storage?: Partial<StorageMonitor>;
}

/** A service over a real ledger. */
async function serve(
  t: Test,
  { around = (store) => store, fmr = 0.001, asked = () => undefined, storage = {} }: Serving = {},
) {
  const store = await openStore(join(t.testdir({}), "ledger"));
  t.teardown(() => store[Symbol.asyncDispose]());
  const ledger = openLedger(around(store), systemClock.wallMs);
  const deviceStatus = openDeviceStatus({ device: NAME, light: darkLight, statusChanged: () => undefined });
  const outbox = {
    wake: () => undefined,
    sendAgain: () => undefined,
    idle: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const aims: string[] = [];
  const service = openService({
    device: NAME,
    clock: systemClock,
    camera: syntheticCamera(),
    inference: openUprightInference(syntheticInference(), { choice: 0, known: 0, turned: () => undefined }),
    signing: await readPrivateKey(await generatePrivateJwk("signing"), "signing"),
    ledger,
    outbox,
    deviceStatus,
    log: openLog("silent", NAME),
    storage: {
      isFailing: () => false,
      failed: (error) => t.error(error),
      writable: async () => true,
      stop: () => undefined,
      ...storage,
    },
    spoofs: {
      suspectOf: () => "",
      refuses: () => false,
      state: () => ({ attemptsLeft: 1 }),
      ended: async () => undefined,
      [Symbol.dispose]: () => undefined,
    },
    defaults: () => ({ timeoutMs: 5_000, fmr, challenge: "never" }),
    thresholdFor(wanted, jti) {
      asked(wanted);
      return thresholdOf(syntheticInference().pack, wanted, jti);
    },
    notifyProgress: () => undefined,
    notifyAim: ({ jti, ended }) => {
      if (ended) aims.push(`${jti} ${ended}`);
    },
    updates: { take: async () => ({ letGo: async () => undefined }) },
    fatal: (error) => t.error(error),
  });
  t.teardown(() => service.stop());
  return { service, ledger, aims };
}

const entry = (jti: string): Entry => ({ jti, acceptedAtMs: Date.now(), expiresAtMs: Date.now() + 60_000 });
const ask = (jti: string) =>
  ({ jti, exp: Date.now() / 1000 + 60, type: "verify", photo: Uint8Array.of(0xff, 0xd8) }) as unknown as VerifyRequest;

const aimFor = (jti: string) => ({ jti, seconds: 20 }) as AimClaims;
const cancelOf = (request: string): CancelClaims =>
  ({ jti: `cancel-${request}`, request, because: "declined" }) as CancelClaims;

const claimsOf = ({ token }: { readonly token: string }): ReportClaims =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
const decisionOf = (report: { readonly token: string }) => claimsOf(report).decision;
const reasonOf = (report: { readonly token: string }) => claimsOf(report).reason;

t.test(
  "a request that is being accepted while the disk recovers is verified, not settled as interrupted",
  async (t) => {
    const recoveries: Promise<void>[] = [];
    /** The disk recovers with the very write that accepts the request: both batches go in one. */
    const { service, ledger } = await serve(t, {
      around: (store) => ({
        ...store,
        async write(changes) {
          await store.write(changes);
          if (changes.some(({ key }) => key === "running/request-1")) recoveries.push(service.settleInterrupted());
        },
      }),
    });
    await service.verify(ask("request-1"), {});
    await service.between(async () => undefined);
    await Promise.all(recoveries);
    t.same(ledger.reports().map(decisionOf), ["match"]);
  },
);

t.test("requests that were interrupted get one report each, also when the disk recovers meanwhile", async (t) => {
  const { service, ledger } = await serve(t);
  const interrupted = ["request-1", "request-2", "request-3"];
  for (const jti of interrupted) await ledger.accept(entry(jti));
  await Promise.all([service.settleInterrupted(), service.settleInterrupted()]);
  t.same(
    ledger.reports().map(({ jti }) => jti),
    interrupted,
  );
  t.same(ledger.unfinished(), []);
});

t.test("a request that is repeated is known, and its report goes to where it was repeated from", async (t) => {
  const { service, ledger } = await serve(t);
  t.notOk(service.knows("request-1"));
  await ledger.accept(entry("request-2"));
  t.notOk(service.knows("request-2"), "interrupted, without a report: the request's own time counts");
  await service.verify(ask("request-1"), { topic: "replies/first", correlation: "one" });
  t.equal(ledger.find("request-1")?.seq, undefined);
  t.ok(service.knows("request-1"), "its verification runs");
  await service.between(async () => undefined);
  t.ok(service.knows("request-1"));
  const reply = { topic: "replies/now", correlation: "two" };
  await service.verify(ask("request-1"), reply);
  t.match(ledger.unsent(2), [{ jti: "request-1", reply }]);
  t.equal(ledger.reports().length, 1);
});

t.test("a request that is cancelled while it waits for work to end is refused, and stores nothing", async (t) => {
  const { service, ledger } = await serve(t);
  const { promise: worked, resolve } = withResolvers<void>();
  const work = service.between(() => worked);
  const asked = service.verify(ask("request-1"), {}).catch((error: unknown) => error);
  await sleep(20);
  service.cancel(cancelOf("request-1"));
  resolve();
  t.match(await asked, { code: "cancelled" });
  await work;
  t.same([ledger.find("request-1"), ledger.reports()], [undefined, []]);
  t.throws(() => service.cancel(cancelOf("request-1")), { code: "already_ended" });
  await service.verify(ask("request-1"), {});
  t.ok(ledger.find("request-1"), "the same request may come again");
  await service.stop();
});

t.test("a request that is cancelled while it is written to the ledger ends as declined", async (t) => {
  const { service, ledger } = await serve(t, {
    around: (store) => ({
      ...store,
      async write(changes) {
        await store.write(changes);
        const accepts = changes.some(({ type, key }) => type === "put" && key === "running/request-1");
        if (accepts) service.cancel(cancelOf("request-1"));
      },
    }),
  });
  await service.verify(ask("request-1"), {});
  await service.between(async () => undefined);
  t.same(ledger.reports().map(reasonOf), ["declined"]);
});

t.test("a report says when its verification began, however long the disk was away", async (t) => {
  const AWAY_MS = 200;
  let away = true;
  const { service, ledger } = await serve(t, {
    around: (store) => ({
      ...store,
      async write(changes) {
        if (away && changes.some(({ key }) => key.startsWith("report/"))) throw new StoreError("away");
        await store.write(changes);
      },
    }),
    storage: { failed: () => undefined, writable: () => sleep(10, true) },
  });
  await service.verify(ask("request-1"), {});
  await sleep(AWAY_MS);
  away = false;
  await service.between(async () => undefined);
  const times = ledger.reports().map(claimsOf);
  // A timer may end a millisecond early, and both times are rounded.
  t.match(
    times.map(({ started, finished }) => (finished - started) * 1000 >= AWAY_MS - 3),
    [true],
  );
});

t.test("work between verifications ends an aim, and one that asks meanwhile begins after it", async (t) => {
  const { service, aims } = await serve(t);
  await service.aim(aimFor("aim-1"));
  const { promise: worked, resolve } = withResolvers<void>();
  const work = service.between(async () => {
    t.same(aims, ["aim-1 stopping"]);
    await worked;
  });
  const next = service.aim(aimFor("aim-2"));
  await sleep(20);
  t.equal(aims.length, 1);
  resolve();
  await Promise.all([work, next]);
  service.cancel(cancelOf("aim-2"));
  await service.between(async () => undefined);
  t.same(aims, ["aim-1 stopping", "aim-2 cancelled"]);
});

t.test("an interrupted request gets its report also from a pack that has not the rate in force", async (t) => {
  // The pack that had it was set aside: the release's is in force, and the operator can still send another.
  const { service, ledger } = await serve(t, { fmr: 1e-7 });
  await ledger.accept(entry("request-1"));
  await service.settleInterrupted();
  t.same(ledger.reports().map(decisionOf), ["inconclusive"]);
});

t.test("a request can only make the false match rate smaller", async (t) => {
  for (const [own, wanted, used] of [
    [0.001, 0.01, 0.001],
    [0.002, 0.001, 0.001],
    [0.001, undefined, 0.001],
  ] as const) {
    await t.test(`${own}, and ${wanted} is wanted`, async (t) => {
      const asked: number[] = [];
      const { service } = await serve(t, { fmr: own, asked: (fmr) => asked.push(fmr) });
      const claims = ask("request-1");
      await service.verify(wanted === undefined ? claims : { ...claims, policy: { fmr: wanted } }, {});
      t.equal(asked[0], used);
      await service.stop();
    });
  }
});
