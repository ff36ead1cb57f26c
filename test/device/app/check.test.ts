import { join } from "node:path";
import t from "tap";
import { checkSettings } from "../../../device/app/check.ts";
import { nearestVariable } from "../../../device/settings/environment.ts";

t.test("every mistake is named at once: values, files that cannot be read, and names", async (t) => {
  const nowhere = join(t.testdir({}), "nowhere");
  const refused = await checkSettings({
    MATCHLIGHT_BROKER_URL: "mqtts://localhost",
    MATCHLIGHT_BROKER_CA: `${nowhere}/ca.pem`,
    MATCHLIGHT_CARRIER_KEY: `${nowhere}/carrier.jwk`,
    MATCHLIGHT_OPERATOR_KEY: `${nowhere}/operator.jwk`,
    MATCHLIGHT_CAMERA: `film:${nowhere}.mjpeg`,
    MATCHLIGHT_DEVICE_ID: "counter 7",
    MATCHLIGHT_TIMEOUT_MS: "soon",
    MATCHLIGHT_CAMRA: "v4l2:auto",
  }).then(
    () => new Error("it was accepted"),
    (error: Error) => error,
  );
  t.match(refused, { code: "settings_refused" });
  for (const said of [
    "MATCHLIGHT_DEVICE_ID must be 1 to 64",
    "MATCHLIGHT_TIMEOUT_MS must be",
    "MATCHLIGHT_CARRIER_KEY is no public Ed25519 JWK",
    "MATCHLIGHT_OPERATOR_KEY is no public Ed25519 JWK",
    "ca.pem cannot be read (ENOENT)",
    "there is no film",
    "MATCHLIGHT_CAMRA is no setting of this version and is ignored; MATCHLIGHT_CAMERA may be meant",
  ])
    t.ok(refused.message.includes(said), said);
  t.notMatch(refused.message, /plug/, "a film has none");
});

t.test("a misspelt name is told from one that means nothing here", async (t) => {
  t.equal(nearestVariable("MATCHLIGHT_BROKER_ULR"), "MATCHLIGHT_BROKER_URL");
  t.equal(nearestVariable("MATCHLIGHT_WALLPAPER"), undefined);
});
