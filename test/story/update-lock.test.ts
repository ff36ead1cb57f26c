import { existsSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { type CarrierError, openCarrier } from "../../carrier/client.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { askWith, decided } from "../support/stage.ts";
import { syntheticCamera } from "../support/synthetic.ts";
import { openSynthetic } from "../support/synthetic-device.ts";
import { until } from "../support/until.ts";

const photo = Buffer.from([0xff, 0xd8, 0xff]);
const NAME = "lock-camera";

t.test("the update lock is held exactly during sessions, and a supervisor's refuses new ones", async (t) => {
  await using broker = await startTestBroker();
  const folder = t.testdir({ lock: {} });
  const path = join(folder, "lock", "updates.lock");
  const key = await generatePrivateJwk("signing");
  // What a process that was killed in the middle of a session leaves behind.
  writeFileSync(path, "matchlight session\n");
  let open = false;
  const camera = syntheticCamera(40);
  const watched = {
    ...camera,
    async open(sink: Parameters<typeof camera.open>[0]) {
      const capture = await camera.open(sink);
      open = true;
      return {
        ...capture,
        async [Symbol.asyncDispose]() {
          await capture[Symbol.asyncDispose]();
          t.ok(existsSync(path), "the lock outlives the camera");
          open = false;
        },
      };
    },
  };
  const { device } = await openSynthetic({
    brokerUrl: broker.url,
    name: NAME,
    carrier: key,
    dataFolder: join(folder, "data"),
    environment: { BALENA_APP_LOCK_PATH: path, BALENA_RELEASE_HASH: "0a1b2c" },
    own: { camera: watched },
  });
  t.teardown(() => device[Symbol.asyncDispose]());
  t.equal(device.identity.release, "0a1b2c", "the identity names the release");
  t.notOk(existsSync(path), "the stale lock is gone before anything is asked");
  const seen: string[] = [];
  const watcher = watch(join(folder, "lock"), () => seen.push(existsSync(path) ? "held" : "free"));
  t.teardown(() => watcher.close());
  const carrier = await openCarrier({ brokerUrl: broker.url, device: NAME, key });
  t.teardown(() => carrier[Symbol.asyncDispose]());
  for (let session = 0; session < 3; session++) {
    const during: boolean[] = [];
    const { claims } = await carrier.verify(askWith(photo), () => during.push(existsSync(path) || !open));
    t.equal(decided(claims), "match");
    t.ok(during.length > 0 && during.every(Boolean), `held at each of ${during.length} stages`);
    t.ok(await until(() => !existsSync(path)), "free after it");
  }
  t.ok(await until(() => seen.includes("held") && seen.at(-1) === "free"), "seen from outside by inotify");

  writeFileSync(path, "");
  const refused = { code: "refused", refusal: "updating" } satisfies Partial<CarrierError>;
  await t.rejects(carrier.verify(askWith(photo)), refused);
  t.ok(existsSync(path), "the supervisor's lock is left alone");
  t.match(await carrier.status(), { state: "ready", faults: [], release: "0a1b2c" }, "it is no fault of the device");
  rmSync(path);
  t.equal(decided((await carrier.verify(askWith(photo))).claims), "match", "and it goes on when the lock is gone");
});
