import { Ajv } from "ajv";
import t from "tap";
import { parse } from "yaml";
import { readConfig } from "../../device/settings/environment.ts";
import { SETTINGS, type Setting } from "../../device/settings/settings.ts";
import { balenaYml, fleetDefault } from "../support/balena.ts";
import { readText } from "../support/sources.ts";

const text = readText("balena.yml");
const file = parse(text);

/** What balena reads of the file (docs.balena.io, "Deploy with balena"), and the 64-bit boards this product runs on. */
const BOARDS = ["raspberrypi3-64", "raspberrypi4-64", "raspberrypi5", "raspberrypi0-2w-64"];
const variables = (name: string) => ({
  type: "array",
  items: {
    type: "object",
    minProperties: 1,
    maxProperties: 1,
    propertyNames: { pattern: name },
    additionalProperties: { type: "string" },
  },
});
const SCHEMA = {
  type: "object",
  required: ["name", "type", "version", "description", "data"],
  additionalProperties: false,
  properties: {
    name: { type: "string", pattern: "^[a-zA-Z0-9_-]{4,}$" },
    type: { const: "sw.application" },
    version: { type: "string", pattern: "^\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z.-]+)?$" },
    description: { type: "string", minLength: 20 },
    data: {
      type: "object",
      required: ["defaultDeviceType", "supportedDeviceTypes", "applicationEnvironmentVariables"],
      additionalProperties: false,
      properties: {
        defaultDeviceType: { enum: BOARDS },
        supportedDeviceTypes: { type: "array", items: { enum: BOARDS }, uniqueItems: true, minItems: 1 },
        applicationEnvironmentVariables: variables("^MATCHLIGHT_[A-Z0-9_]+$"),
        applicationConfigVariables: variables("^BALENA_HOST_(CONFIG|FIREWALL)_\\w+$"),
      },
    },
  },
};

t.test("balena.yml is what balena reads", async (t) => {
  const validate = new Ajv({ allErrors: true }).compile(SCHEMA);
  t.ok(validate(file), JSON.stringify(validate.errors));
  t.ok(file.data.supportedDeviceTypes.includes(file.data.defaultDeviceType));
  t.notOk(validate({ ...file, data: { ...file.data, applicationEnvironmentVariables: [{ PATH: "/bin" }] } }));
  t.notOk(validate({ ...file, version: "one" }), "the schema does refuse what is wrong");
});

t.test("balena.yml has every setting with its default and its sentence: `npm run docs` writes them", async (t) => {
  t.equal(text, balenaYml(), "run `npm run docs` and commit what it wrote");
  const given = Object.assign({}, ...file.data.applicationEnvironmentVariables) as Record<string, string>;
  const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);
  t.same(
    Object.keys(given),
    settings.map(({ variable }) => variable),
  );
  for (const setting of settings) {
    t.equal(given[setting.variable], fleetDefault(setting), setting.variable);
    t.match(text, `# ${setting.sentence}`, setting.variable);
    t.equal(
      given[setting.variable] === "",
      setting.standard === undefined,
      `${setting.variable}: empty means it must be set`,
    );
  }
});

t.test("a fleet that sets only what must be set gets what balena gives it", async (t) => {
  const given = Object.assign({}, ...file.data.applicationEnvironmentVariables) as Record<string, string>;
  const settings = readConfig({
    ...given,
    MATCHLIGHT_BROKER_URL: "mqtts://broker:8883",
    MATCHLIGHT_DEVICE_ID: "counter-7",
    MATCHLIGHT_CARRIER_KEY: "{}",
    BALENA_APP_LOCK_PATH: "/tmp/balena/updates.lock",
    BALENA_RELEASE_HASH: "0a1b",
  });
  t.match(settings, { dataFolder: "/data", updateLock: "/tmp/balena/updates.lock", release: "0a1b" });
  const { updateLock, release } = readConfig({ ...given, ...MUST });
  t.same([updateLock, release], [undefined, undefined], "and without balena neither");
});

const MUST = { MATCHLIGHT_BROKER_URL: "mqtt://b", MATCHLIGHT_DEVICE_ID: "c", MATCHLIGHT_CARRIER_KEY: "{}" };
