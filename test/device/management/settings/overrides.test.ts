import { join } from "node:path";
import t from "tap";
import { openConfiguration } from "../../../../device/management/settings/configuration.ts";
import {
  CHANGEABLE,
  type Given,
  planChange,
  planReset,
  reportConfig,
  SettingsRefusal,
  settle,
  toBeReached,
} from "../../../../device/management/settings/overrides.ts";
import { readConfig, settingNames } from "../../../../device/settings/environment.ts";
import { SETTINGS } from "../../../../device/settings/settings.ts";
import { openStore } from "../../../../device/storage/store.ts";
import type { CommandRefusal } from "../../../../protocol/readers/command-reader.ts";

const OWN = {
  MATCHLIGHT_BROKER_URL: "mqtts://own:1",
  MATCHLIGHT_DEVICE_ID: "camera",
  MATCHLIGHT_CARRIER_KEY: "key",
  MATCHLIGHT_LIGHT: "text",
};
const ownSettings = (more: Record<string, string> = {}) => readConfig({ ...OWN, ...more });
const given: Given = { environment: {}, settings: ownSettings(), supports: (fmr) => fmr >= 0.0001 };
const code = (set: Record<string, string>, more: Partial<Given> = {}) => {
  try {
    planChange(set, {}, { ...given, ...more });
    return "done";
  } catch (error) {
    return (error as CommandRefusal).code;
  }
};

t.test("each change that must not be is refused by its own code", async (t) => {
  t.equal(code({ MATCHLIGHT_TIMEOUT_MS: "8000", MATCHLIGHT_FMR: "0.0001" }), "done");
  t.equal(code({ MATCHLIGHT_FMR: "0.001" }), "done", "the installation's own is no loosening");
  t.equal(code({ MATCHLIGHT_FMR: "0.002" }), "would_loosen");
  t.equal(code({ MATCHLIGHT_FMR: "0.00001" }), "fmr_unsupported");
  t.equal(code({ MATCHLIGHT_FMR: "none" }), "invalid_value");
  t.equal(code({ MATCHLIGHT_TIMEOUT_MS: "999" }), "invalid_value");
  t.equal(code({ MATCHLIGHT_LIGHT: "sun" }), "invalid_value");
  for (const name of ["CARRIER_KEY", "OPERATOR_KEY", "BROKER_KEY", "DATA_DIR", "MODEL_PACK", "NONSENSE"]) {
    t.equal(code({ [`MATCHLIGHT_${name}`]: "1" }), "not_changeable", name);
  }
  t.equal(code({ MATCHLIGHT_BROKER_URL: "mqtts://other:8883" }), "done");
  t.equal(code({ MATCHLIGHT_BROKER_URL: "mqtts://user:secret@other" }), "not_changeable", "no password in a command");
  t.equal(code({ MATCHLIGHT_BROKER_ALSO: "mqtts://a mqtts://user@b" }), "not_changeable");
  t.equal(code({ MATCHLIGHT_BROKER_URL: "https://other" }), "invalid_value");
  t.equal(code({ MATCHLIGHT_BROKER_CA: "/etc/passwd" }), "not_changeable", "no file of the machine is read");
  t.equal(code({ MATCHLIGHT_BROKER_CA: "-----BEGIN CERTIFICATE-----\nnone" }), "invalid_value");
  t.equal(code({ MATCHLIGHT_BROKER_CA: "system" }), "done");
  t.equal(code({ MATCHLIGHT_CAMERA: "v4l2:/dev/video2" }), "done");
  t.equal(code({ MATCHLIGHT_CAMERA: "film:/face" }), "not_changeable", "no recorded face remotely");
  t.equal(code({ MATCHLIGHT_CAMERA: "command:cat face.mjpeg" }), "not_changeable", "no program remotely");
  t.equal(code({ MATCHLIGHT_SPOOF_LIMIT: "3" }), "done");
  t.equal(code({ MATCHLIGHT_SPOOF_LIMIT: "6" }), "would_loosen");
  t.equal(code({ MATCHLIGHT_SPOOF_LIMIT: "0" }), "would_loosen", "0 never locks");
  t.equal(code({ MATCHLIGHT_SPOOF_LOCK_MS: "1000" }), "would_loosen");
  const environment = { MATCHLIGHT_TIMEOUT_MS: "5000" };
  t.equal(code({ MATCHLIGHT_TIMEOUT_MS: "8000" }, { environment }), "set_by_environment");
  const standard = { MATCHLIGHT_TIMEOUT_MS: "10000" };
  t.equal(code({ MATCHLIGHT_TIMEOUT_MS: "8000" }, { environment: standard }), "done", "the default decides nothing");
});

function refusalOf(work: () => unknown): SettingsRefusal {
  try {
    work();
  } catch (error) {
    if (error instanceof SettingsRefusal) return error;
  }
  throw new Error("it was not refused");
}

t.test("every mistake is named, by its setting", async (t) => {
  const set = {
    MATCHLIGHT_TOPICS: "no",
    MATCHLIGHT_FMR: "0.005",
    MATCHLIGHT_CHALLENGE: "always",
    MATCHLIGHT_RUNTIME: "tfjs",
  };
  const refusal = refusalOf(() => planChange(set, {}, given));
  t.match(refusal.problems, [
    { name: "MATCHLIGHT_TOPICS", code: "invalid_value", because: /\{device\}/ },
    { name: "MATCHLIGHT_FMR", code: "would_loosen", because: /0\.001/ },
    { name: "MATCHLIGHT_RUNTIME", code: "not_changeable", because: /packages/ },
  ]);
  t.equal(refusal.problems.length, 3);
  t.match(refusal.message, /MATCHLIGHT_TOPICS.*MATCHLIGHT_FMR.*MATCHLIGHT_RUNTIME/);
});

t.test("each setting says whether it can be changed remotely, and which of them must reach the broker", async (t) => {
  for (const name of settingNames()) t.ok(SETTINGS[name].remote.why.length > 5, name);
  t.equal(CHANGEABLE.length, 14);
  t.same(toBeReached({}, { fmr: "0.0001", timeoutMs: "8000" }), []);
  t.same(toBeReached({ topics: "a/{device}/{channel}" }, { brokerUrl: "mqtt://b" }), [
    "MATCHLIGHT_BROKER_URL",
    "MATCHLIGHT_TOPICS",
  ]);
});

t.test("a report shows no password, and of a long text its digest", async (t) => {
  const own = ownSettings({ MATCHLIGHT_BROKER_URL: "mqtts://user:secret@own:1" });
  const stored = { brokerCa: "system", brokerAlso: "mqtts://b" };
  const reported = reportConfig(stored, { ...given, settings: own });
  t.match(reported, {
    MATCHLIGHT_BROKER_URL: { value: "mqtts://***@own:1", from: "default" },
    MATCHLIGHT_BROKER_ALSO: { value: "mqtts://b", from: "command" },
  });
  const pem = { MATCHLIGHT_BROKER_CA: "-----BEGIN CERTIFICATE-----" };
  t.match(reportConfig({}, { ...given, environment: pem }), {
    MATCHLIGHT_BROKER_CA: { value: /^sha256:[0-9a-f]{64}$/, from: "environment" },
  });
});

t.test("what is in force and where it comes from: the environment, then a command, then the default", async (t) => {
  const stored = planChange({ MATCHLIGHT_TIMEOUT_MS: "8000", MATCHLIGHT_FMR: "0.0001" }, {}, given);
  t.match(settle(stored, given), { timeoutMs: 8_000, fmr: 0.0001 });
  t.match(reportConfig(stored, given), {
    MATCHLIGHT_TIMEOUT_MS: { value: "8000", from: "command" },
    MATCHLIGHT_FMR: { value: "0.0001", from: "command" },
    MATCHLIGHT_LIGHT: { value: "text", from: "default" },
  });
  const later = {
    environment: { MATCHLIGHT_TIMEOUT_MS: "5000" },
    settings: ownSettings({ MATCHLIGHT_TIMEOUT_MS: "5000" }),
  };
  t.equal(settle(stored, later).timeoutMs, 5_000, "an installation that sets it comes first");
  t.match(reportConfig(stored, later), { MATCHLIGHT_TIMEOUT_MS: { value: "5000", from: "environment" } });
  const stricter = { environment: {}, settings: ownSettings({ MATCHLIGHT_FMR: "0.00005" }) };
  t.equal(
    settle(stored, stricter).fmr,
    0.00005,
    "an installation that is stricter now is not loosened by an old command",
  );
  t.same(planReset(["MATCHLIGHT_FMR"], stored), { timeoutMs: "8000" });
  t.same(planReset(undefined, stored), {});
  t.throws(() => planReset(["MATCHLIGHT_CLOCK"], stored), { code: "not_changeable" });
});

t.test("a light that cannot be set is refused before it is stored, and the one before comes back", async (t) => {
  await using store = await openStore(join(t.testdir({}), "ledger"));
  const shown: string[] = [];
  const configuration = await openConfiguration({
    store,
    given,
    clock: { monotonicMs: () => 0 },
    check: async () => undefined,
    changed: async ({ light }) => {
      shown.push(light.kind);
      return light.kind === "text" ? undefined : "no such chip";
    },
  });
  const remembered = { jti: "command-1", also: [{ type: "put", key: "command", value: true }] } as const;
  const broken = { MATCHLIGHT_LIGHT: "gpiochip:none?on=17", MATCHLIGHT_TIMEOUT_MS: "8000" };
  await t.rejects(configuration.set(broken, remembered), { code: "light_failed", message: /no such chip/ });
  t.same(shown, ["text", "gpiochip", "text"]);
  t.equal(store.get("command"), undefined);
  t.equal(configuration.inForce().timeoutMs, 10_000, "nothing is changed in part");
  t.equal(await configuration.set({ MATCHLIGHT_TIMEOUT_MS: "8000" }, remembered), false);
  t.equal(configuration.inForce().timeoutMs, 8_000);
});
