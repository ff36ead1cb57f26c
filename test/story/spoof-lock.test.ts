import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { type Carrier, openCarrier } from "../../carrier/client.ts";
import type { Scored } from "../../models/pipeline/observation.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { scored } from "../support/scores.ts";
import { askWith } from "../support/stage.ts";
import { syntheticInference } from "../support/synthetic.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

const NAME = "spoofed-camera";
const LOCK_MS = 10_000;

async function stage(t: Test, look: () => Promise<Scored> = async () => scored(0.9, 0.01)) {
  const broker = await startTestBroker();
  t.teardown(() => broker[Symbol.asyncDispose]());
  const key = await generatePrivateJwk("signing");
  const dataFolder = t.testdir();
  const inference = { ...syntheticInference(), look };
  const environment = { MATCHLIGHT_SPOOF_LIMIT: "2", MATCHLIGHT_SPOOF_LOCK_MS: String(LOCK_MS) };
  const start = async () => {
    const own = { inference };
    const opened = await openSynthetic({
      brokerUrl: broker.url,
      name: NAME,
      carrier: key,
      dataFolder,
      environment,
      own,
    });
    t.teardown(() => opened.device[Symbol.asyncDispose]());
    const carrier = await openCarrier({ brokerUrl: broker.url, device: NAME, key });
    t.teardown(() => carrier[Symbol.asyncDispose]());
    await online(carrier);
    return { ...opened, carrier };
  };
  return { start };
}

/** A device that has just started anew is `offline` in what the broker kept until it says otherwise. */
async function online(carrier: Carrier): Promise<void> {
  for (const giveUpMs = performance.now() + 5_000; performance.now() < giveUpMs; await sleep(20)) {
    if ((await carrier.status()).state !== "offline") return;
  }
}

const ask = (carrier: Carrier, photo = [0xff, 0xd8]) => carrier.verify(askWith(Buffer.from(photo), 1_000));
const NEXT_CUSTOMER = [0xff, 0xd8, 0x01];
const refused = { code: "refused", refusal: "locked" };

t.test("after too many pictures of one person that photo is refused, and the next customer is served", async (t) => {
  const { start } = await stage(t);
  const first = await start();
  for (let i = 0; i < 2; i++) {
    const { claims } = await ask(first.carrier);
    t.match(claims, { decision: "inconclusive", reason: "liveness_unproven" });
    t.notOk("suspected" in claims, "a suspicion is the device's own, and stands in no report");
  }
  const lockedAtMs = performance.now();
  await t.rejects(ask(first.carrier), refused);
  t.match(
    (await ask(first.carrier, NEXT_CUSTOMER)).claims,
    { decision: "inconclusive" },
    "who comes next is looked at",
  );
  t.ok(first.log.filter(({ event }) => event === "spoof_suspected").length >= 2);
  const locked = await first.carrier.status();
  t.not(locked.state, "faulty", "others are served");
  t.match(locked, { faults: ["spoof_locked"], spoofs: { attemptsLeft: 0 } });
  t.ok(Math.abs((locked.spoofs?.lockedUntil ?? 0) - (Date.now() + LOCK_MS) / 1000) < 5);
  await sleep(Math.max(0, LOCK_MS + 200 - (performance.now() - lockedAtMs)));
  t.equal((await ask(first.carrier)).claims.decision, "inconclusive", "it opens by itself");
});

t.test("five customers in doubt do not stop the sixth", async (t) => {
  const { start } = await stage(t, async () => scored(0.9, 0.2, []));
  const { carrier } = await start();
  for (let i = 0; i < 5; i++) {
    t.match((await ask(carrier)).claims, { decision: "inconclusive", reason: "liveness_unproven" });
  }
  t.match(await carrier.status(), { faults: [], spoofs: { attemptsLeft: 2, lockedUntil: null } });
  t.match((await ask(carrier)).claims, { decision: "inconclusive" }, "the same photo, too, is looked at again");
});
