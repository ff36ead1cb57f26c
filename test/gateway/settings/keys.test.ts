import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { loadTls } from "../../../gateway/settings/keys.ts";
import { readSettings, SettingsRefused } from "../../../gateway/settings/settings.ts";

const CA = "-----BEGIN CERTIFICATE-----\n";

t.test("files for TLS that the broker's address makes useless are refused, not ignored", async (t) => {
  const file = join(t.testdir(), "file.pem");
  await writeFile(file, CA);
  const load = (settings: Record<string, string>) => loadTls(readSettings(settings));

  const secure = { MATCHLIGHT_BROKER_URL: "mqtts://broker.example" };
  t.same(await load({ ...secure, MATCHLIGHT_BROKER_CA: file }), { ca: CA });
  t.equal(await load(secure), undefined);

  const plain = load({ MATCHLIGHT_BROKER_URL: "mqtt://broker.example", MATCHLIGHT_BROKER_CA: file });
  await t.rejects(plain, SettingsRefused);
  await t.rejects(plain, /mqtts:/);
  await t.rejects(
    load({ MATCHLIGHT_BROKER_URL: "embedded", MATCHLIGHT_BROKER_CA: file }),
    /embedded broker has no TLS/,
  );
  await t.rejects(load({ ...secure, MATCHLIGHT_BROKER_CERT: file }), /go together/);
});
