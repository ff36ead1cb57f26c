import t from "tap";
import { readSettings, SettingsRefused, unknownVariables } from "../../../gateway/settings/settings.ts";

t.test("a variable that looks like a setting and is none is named", async (t) => {
  t.same(unknownVariables({ MATCHLIGHT_GATEWAY_PRT: "9000", MATCHLIGHT_GATEWAY_PORT: "0", PATH: "/bin" }), [
    "MATCHLIGHT_GATEWAY_PRT",
  ]);
});

t.test("every wrong setting is named at once", async (t) => {
  const wrong = { MATCHLIGHT_GATEWAY_PORT: "abc", MATCHLIGHT_BROKER_URL: "localhost" };
  t.throws(() => readSettings(wrong), SettingsRefused);
  t.throws(() => readSettings(wrong), /MATCHLIGHT_BROKER_URL must .*; MATCHLIGHT_GATEWAY_PORT must /);
});
