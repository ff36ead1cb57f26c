import t from "tap";
import {
  describeSettings,
  environmentOver,
  readConfig,
  readProvisioning,
  settingNames,
  unknownVariables,
  withoutPassword,
} from "../../../device/settings/environment.ts";
import { SETTINGS } from "../../../device/settings/settings.ts";

const LEAST = {
  MATCHLIGHT_BROKER_URL: "mqtt://user:secret@broker:1883",
  MATCHLIGHT_DEVICE_ID: "cam-1",
  MATCHLIGHT_CARRIER_KEY: "{}",
  MATCHLIGHT_CAMERA: "film:/films/a.mp4?end=fail&pace=fast&fps=5",
};

t.test("what must be set is enough; the rest has its standard", async (t) => {
  const settings = readConfig(LEAST);
  t.equal(settings.timeoutMs, 10_000);
  t.equal(settings.fmr, 0.001);
  const options = { end: "fail", pace: "fast", framesPerSecond: 5 };
  t.same(settings.camera, { kind: "film", path: "/films/a.mp4", options, rotate: "auto" });
});

t.test("all mistakes are told at once, each with its variable, without the password", async (t) => {
  const wrong = {
    MATCHLIGHT_BROKER_URL: "http://user:secret@broker",
    MATCHLIGHT_DEVICE_ID: "no spaces",
    MATCHLIGHT_CAMERA: "film:/a?speed=3",
    MATCHLIGHT_LIGHT: "lamp",
    MATCHLIGHT_FMR: "",
    MATCHLIGHT_TIMEOUT_MS: "12.5",
    MATCHLIGHT_TOPICS: "a/#",
    MATCHLIGHT_LOG_LEVEL: "loud",
  };
  try {
    readConfig(wrong);
    t.fail("should have been refused");
  } catch (error) {
    t.match(error, { name: "DeviceFault", code: "settings_refused" });
    const text = String(error);
    for (const variable of Object.keys(wrong)) {
      if (variable !== "MATCHLIGHT_FMR") t.match(text, variable);
    }
    t.match(text, "MATCHLIGHT_CARRIER_KEY must be set", "missing ones too");
    t.notMatch(text, "secret");
    t.notMatch(text, "MATCHLIGHT_FMR", "empty counts as not set");
  }
});

t.test("no part of a password is shown, however many addresses there are and whatever it consists of", async (t) => {
  const shown: readonly (readonly [text: string, shown: string])[] = [
    ["mqtts://cam:secret@b1:8883", "mqtts://***@b1:8883"],
    ["mqtts://secret@b1", "mqtts://***@b1"],
    ["mqtts://cam:secret@b1 mqtts://b2  mqtts://cam:secret@b3", "mqtts://***@b1 mqtts://b2  mqtts://***@b3"],
    ["mqtts://cam:p@secret@b1", "mqtts://***@b1"],
    ["mqtts://cam:pa/secret@b1:8883", "***"],
    ["mqtts://cam:1/secret@b1:8883", "***"],
    ["mqtts://cam:1?secret@b1", "***"],
    ["mqtts://cam:1 secret@b1", "***"],
    ["cam:secret@b1:8883", "***"],
    ["mqtt//broker", "mqtt//broker"],
    ["command:ffmpeg -i rtsp://cam:secret@b1/x", "command:ffmpeg -i rtsp://***@b1/x"],
  ];
  for (const [text, without] of shown) t.equal(withoutPassword(text), without, text);
});

t.test("a user or password that cannot be decoded is refused here, not at each connection", async (t) => {
  const { read } = SETTINGS.brokerUrl;
  for (const text of ["mqtt://a%zz:secret@b", "mqtt://a:sec%ret@b"]) t.match(read(text), { must: /%25/ }, text);
  t.ok("value" in read("mqtt://a:100%25@b"));
  try {
    readConfig({ MATCHLIGHT_BROKER_URL: "mqtt://a:sec%ret@b" });
    t.fail("should have been refused");
  } catch (error) {
    t.match(String(error), "MATCHLIGHT_BROKER_URL must have");
    t.notMatch(String(error), "sec%ret");
  }
});

t.test("the default topics of version 0.1.0 mean those of today; no other root can be left open", async (t) => {
  const { read, standard } = SETTINGS.topics;
  t.same(read("{root}/{device}/{channel}"), { value: standard });
  t.same(read("shop/{device}/{channel}"), { value: "shop/{device}/{channel}" });
  t.match(read("{root}/{channel}/{device}"), { must: /\{device\} and \{channel\}/ });
});

t.test("every standard is itself a valid value", async (t) => {
  for (const name of settingNames()) {
    const { standard, read } = SETTINGS[name];
    if (standard !== undefined) t.ok("value" in read(standard), name);
  }
});

t.test("numbers keep to their bounds", async (t) => {
  for (const text of ["999", "60001", "abc", " ", "1e999", "NaN"]) {
    t.ok("must" in SETTINGS.timeoutMs.read(text), text);
  }
  t.same(SETTINGS.timeoutMs.read("1000"), { value: 1000 });
});

t.test("a misspelt variable is noticed", async (t) => {
  t.same(unknownVariables({ ...LEAST, MATCHLIGHT_TIMOUT_MS: "1", PATH: "/bin" }), ["MATCHLIGHT_TIMOUT_MS"]);
});

t.test("what would run is described without the password", async (t) => {
  const described = JSON.stringify(describeSettings(readConfig(LEAST)));
  t.notMatch(described, "secret");
  t.match(described, "broker:1883");
  t.match(described, "film /films/a.mp4");
});

t.test("what is missing waits to be provisioned, what is wrong is refused", async (t) => {
  const bare = readProvisioning({ MACHINE_ID: "camera-1" });
  t.match(bare, { kind: "unprovisioned", settings: { deviceId: "camera-1" } });
  t.same(bare.kind === "unprovisioned" && bare.missing.map((line) => line.split(" ")[0]), [
    "MATCHLIGHT_BROKER_URL",
    "MATCHLIGHT_CARRIER_KEY",
  ]);
  t.throws(() => readProvisioning({ MATCHLIGHT_FMR: "1" }), { code: "settings_refused" });
  t.equal(readProvisioning(LEAST).kind, "provisioned");
});

t.test("a camera without a name takes balena's, or one of its machine's, if it can be one", async (t) => {
  const named = (more: object) =>
    readProvisioning({ ...LEAST, MATCHLIGHT_DEVICE_ID: "auto", ...more }).settings.deviceId;
  const balena = { BALENA_DEVICE_NAME_AT_INIT: "proud-dust", BALENA_DEVICE_UUID: "6ab3", MACHINE_ID: "camera-1" };
  t.equal(named(balena), "proud-dust");
  t.equal(named({ ...balena, BALENA_DEVICE_NAME_AT_INIT: "Harbour Street 12" }), "6ab3", "no name for a topic");
  t.equal(named({ MACHINE_ID: "camera-1" }), "camera-1");
  t.equal(named({}), undefined);
});

t.test("what the environment sets comes before what the camera has stored, a default after it", async (t) => {
  const stored = { MATCHLIGHT_BROKER_URL: "mqtts://stored", MATCHLIGHT_BROKER_CA: "/stored", MATCHLIGHT_TOPICS: "" };
  const over = environmentOver({ MATCHLIGHT_BROKER_URL: "mqtts://given", MATCHLIGHT_BROKER_CA: "system" }, stored);
  t.same(over, { MATCHLIGHT_BROKER_URL: "mqtts://given", MATCHLIGHT_BROKER_CA: "/stored" });
});

t.test("a certificate may be the text itself, and a key is not shown", async (t) => {
  const pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
  const settings = readConfig({ ...LEAST, MATCHLIGHT_BROKER_KEY: pem });
  t.equal(settings.brokerKey, pem);
  t.notMatch(JSON.stringify(describeSettings(settings)), "c2VjcmV0");
});
