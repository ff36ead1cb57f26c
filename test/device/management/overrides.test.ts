import { join } from "node:path";
import t from "tap";
import {
  type Given,
  openConfiguration,
  planChange,
  planReset,
  reportConfig,
  settle,
} from "../../../device/management/overrides.ts";
import { readLight } from "../../../device/settings/hardware-parsers.ts";
import { openStore } from "../../../device/storage/store.ts";
import type { CommandRefusal } from "../../../protocol/readers/command-reader.ts";

const read = readLight("text");
const light = "value" in read ? read.value : undefined;
if (!light) throw new Error("text is a light");
const given: Given = {
  environment: {},
  settings: { light, fmr: 0.001, timeoutMs: 10_000 },
  supports: (fmr) => fmr >= 0.0001,
};
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
  for (const name of ["BROKER_URL", "CARRIER_KEY", "OPERATOR_KEY", "CAMERA", "DATA_DIR", "MODEL_PACK", "NONSENSE"]) {
    t.equal(code({ [`MATCHLIGHT_${name}`]: "1" }), "not_changeable", name);
  }
  const environment = { MATCHLIGHT_TIMEOUT_MS: "5000" };
  t.equal(code({ MATCHLIGHT_TIMEOUT_MS: "8000" }, { environment }), "set_by_environment");
  const standard = { MATCHLIGHT_TIMEOUT_MS: "10000" };
  t.equal(code({ MATCHLIGHT_TIMEOUT_MS: "8000" }, { environment: standard }), "done", "the default decides nothing");
});

t.test("what is in force and where it comes from: the environment, then a command, then the default", async (t) => {
  const stored = planChange({ MATCHLIGHT_TIMEOUT_MS: "8000", MATCHLIGHT_FMR: "0.0001" }, {}, given);
  t.match(settle(stored, given), { timeoutMs: 8_000, fmr: 0.0001 });
  t.match(reportConfig(stored, given), {
    MATCHLIGHT_TIMEOUT_MS: { value: "8000", from: "command" },
    MATCHLIGHT_FMR: { value: "0.0001", from: "command" },
    MATCHLIGHT_LIGHT: { value: "text", from: "default" },
  });
  const later = { environment: { MATCHLIGHT_TIMEOUT_MS: "5000" }, settings: { ...given.settings, timeoutMs: 5_000 } };
  t.equal(settle(stored, later).timeoutMs, 5_000, "an installation that sets it comes first");
  t.match(reportConfig(stored, later), { MATCHLIGHT_TIMEOUT_MS: { value: "5000", from: "environment" } });
  const stricter = { environment: {}, settings: { ...given.settings, fmr: 0.00005 } };
  t.equal(
    settle(stored, stricter).fmr,
    0.00005,
    "an installation that is stricter now is not loosened by an old command",
  );
  t.same(planReset(["MATCHLIGHT_FMR"], stored), { timeoutMs: "8000" });
  t.same(planReset(undefined, stored), {});
  t.throws(() => planReset(["MATCHLIGHT_CAMERA"], stored), { code: "not_changeable" });
});

t.test("a light that cannot be set is refused before it is stored, and the one before comes back", async (t) => {
  await using store = await openStore(join(t.testdir({}), "ledger"));
  const shown: string[] = [];
  const configuration = await openConfiguration(store, given, async ({ light }) => {
    shown.push(light.kind);
    return light.kind === "text" ? undefined : "no such chip";
  });
  const remembered = [{ type: "put", key: "command", value: true }] as const;
  const broken = { MATCHLIGHT_LIGHT: "gpiochip:none?on=17", MATCHLIGHT_TIMEOUT_MS: "8000" };
  await t.rejects(configuration.set(broken, remembered), { code: "light_failed", message: /no such chip/ });
  t.same(shown, ["text", "gpiochip", "text"]);
  t.equal(store.get("command"), undefined);
  t.equal(configuration.inForce().timeoutMs, 10_000, "nothing is changed in part");
  await configuration.set({ MATCHLIGHT_TIMEOUT_MS: "8000" }, remembered);
  t.equal(configuration.inForce().timeoutMs, 8_000);
});
