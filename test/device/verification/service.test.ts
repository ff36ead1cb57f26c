import { join } from "node:path";
import t, { type Test } from "tap";
import { openUprightInference } from "../../../device/inference/upright-inference.ts";
import { type Entry, openLedger } from "../../../device/messaging/ledger.ts";
import { thresholdOf } from "../../../device/packs/thresholds.ts";
import { systemClock } from "../../../device/process/clock.ts";
import { openLog } from "../../../device/process/log.ts";
import { openDeviceStatus } from "../../../device/status/device-status.ts";
import { openStore, type Store } from "../../../device/storage/store.ts";
import { openService } from "../../../device/verification/service.ts";
import { generatePrivateJwk, readPrivateKey } from "../../../protocol/encoding/tokens.ts";
import type { VerifyRequest } from "../../../protocol/readers/request-reader.ts";
import { darkLight } from "../../support/stage.ts";
import { syntheticCamera, syntheticInference } from "../../support/synthetic.ts";

const NAME = "service-camera";

/** A service over a real ledger; `around` may stand between the ledger and its disk. */
async function serve(
  t: Test,
  around: (store: Store) => Store = (store) => store,
  fmr = 0.001,
  asked: (fmr: number) => void = () => undefined,
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
    storage: { isFailing: () => false, failed: (error) => t.error(error), writable: async () => true, stop: () => {} },
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
    notifyAim: () => undefined,
    updates: { take: async () => ({ letGo: async () => undefined }) },
    fatal: (error) => t.error(error),
  });
  t.teardown(() => service.stop());
  return { service, ledger };
}

const entry = (jti: string): Entry => ({ jti, acceptedAtMs: Date.now(), expiresAtMs: Date.now() + 60_000 });
const ask = (jti: string) =>
  ({ jti, exp: Date.now() / 1000 + 60, type: "verify", photo: Uint8Array.of(0xff, 0xd8) }) as unknown as VerifyRequest;

const decisionOf = ({ token }: { readonly token: string }) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).decision;

t.test(
  "a request that is being accepted while the disk recovers is verified, not settled as interrupted",
  async (t) => {
    const recoveries: Promise<void>[] = [];
    /** The disk recovers with the very write that accepts the request: both batches go in one. */
    const { service, ledger } = await serve(t, (store) => ({
      ...store,
      async write(changes) {
        await store.write(changes);
        if (changes.some(({ key }) => key === "running/request-1")) recoveries.push(service.settleInterrupted());
      },
    }));
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

t.test("an interrupted request gets its report also from a pack that has not the rate in force", async (t) => {
  // The pack that had it was set aside: the release's is in force, and the operator can still send another.
  const { service, ledger } = await serve(t, undefined, 1e-7);
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
      const { service } = await serve(t, undefined, own, (fmr) => asked.push(fmr));
      const claims = ask("request-1");
      await service.verify(wanted === undefined ? claims : { ...claims, policy: { fmr: wanted } }, {});
      t.equal(asked[0], used);
      await service.stop();
    });
  }
});
