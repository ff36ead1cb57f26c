import { join } from "node:path";
import t from "tap";
import { openCarrier, openOperator } from "../../carrier/client.ts";
import { openLedger } from "../../device/messaging/ledger.ts";
import { openStore } from "../../device/storage/store.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { askWith, decided } from "../support/stage.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

const NAME = "config-camera";
const photo = Buffer.from([0xff, 0xd8, 0xff]);

t.test("a command changes what holds, is reported, survives a restart, and is taken back", async (t) => {
  await using broker = await startTestBroker();
  const [key, operatorKey] = [await generatePrivateJwk("signing"), await generatePrivateJwk("signing")];
  const { d: _, ...operatorPublic } = operatorKey;
  const start = (more: Record<string, string> = {}) =>
    openSynthetic({
      brokerUrl: broker.url,
      name: NAME,
      carrier: key,
      dataFolder: join(t.testdirName, "data"),
      environment: { MATCHLIGHT_OPERATOR_KEY: JSON.stringify(operatorPublic), MATCHLIGHT_FMR: "0.002", ...more },
    });
  t.testdir({});
  const reach = { brokerUrl: broker.url, device: NAME };
  {
    const { device } = await start();
    t.teardown(() => device[Symbol.asyncDispose]());
    await using operator = await openOperator({ ...reach, key: operatorKey });
    const set = { MATCHLIGHT_TIMEOUT_MS: "8000" };
    const done = await operator.command({ type: "config_set", set });
    t.match(done, { outcome: "done", config: { MATCHLIGHT_TIMEOUT_MS: { value: "8000", from: "command" } } });
    const mixed = { MATCHLIGHT_TIMEOUT_MS: "9000", MATCHLIGHT_CAMERA: "film:/x" };
    t.match(await operator.command({ type: "config_set", set: mixed }), {
      outcome: "refused",
      code: "not_changeable",
      config: { MATCHLIGHT_TIMEOUT_MS: { value: "8000" } },
    });
    await using carrier = await openOperator({ ...reach, key });
    t.match(
      await carrier.command({ type: "config_reset" }),
      { code: "bad_signature" },
      "the carrier is not the operator",
    );
    await using asker = await openCarrier({ ...reach, key });
    t.equal(decided((await asker.verify(askWith(photo))).claims), "match", "the operator is not needed to verify");
    await device[Symbol.asyncDispose]();
  }
  const { device } = await start();
  t.teardown(() => device[Symbol.asyncDispose]());
  await using operator = await openOperator({ ...reach, key: operatorKey });
  t.match(await operator.reported(), {
    iss: NAME,
    config: { MATCHLIGHT_TIMEOUT_MS: { value: "8000", from: "command" } },
  });
  const back = await operator.command({ type: "config_reset", names: ["MATCHLIGHT_TIMEOUT_MS"] });
  t.match(back, { outcome: "done", config: { MATCHLIGHT_TIMEOUT_MS: { value: "10000", from: "default" } } });
});

t.test("a rate that the pack was never measured at ends a start by name, whatever was left unfinished", async (t) => {
  await using broker = await startTestBroker();
  const dataFolder = join(t.testdir({}), "data");
  const carrier = await generatePrivateJwk("signing");
  const environment = { MATCHLIGHT_FMR: "0.0000001" };
  const start = () => openSynthetic({ brokerUrl: broker.url, name: NAME, carrier, dataFolder, environment });
  await t.rejects(start(), { name: "DeviceFault", code: "settings_refused", message: /MATCHLIGHT_FMR.*0\.001/ });
  {
    await using store = await openStore(join(dataFolder, "ledger"));
    const ledger = openLedger(store, Date.now);
    await ledger.accept({ jti: "unfinished-1", acceptedAtMs: Date.now(), expiresAtMs: Date.now() + 60_000 });
  }
  await t.rejects(start(), { name: "DeviceFault", code: "settings_refused" });
});
