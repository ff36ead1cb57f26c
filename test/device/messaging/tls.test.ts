import { join } from "node:path";
import t from "tap";
import { loadTls } from "../../../device/messaging/tls.ts";
import { makeAuthority } from "../../support/broker.ts";

const folder = t.testdir({ "ca.pem": "-----BEGIN CERTIFICATE-----\n", "empty.pem": "" });
const plain = { brokerUrl: new URL("mqtt://b"), brokerCa: undefined, brokerCert: undefined, brokerKey: undefined };
const secure = { ...plain, brokerUrl: new URL("mqtts://b") };
const ca = join(folder, "ca.pem");

t.test("what is named is read; nothing named is nothing", async (t) => {
  t.equal(await loadTls(plain), undefined);
  t.equal(await loadTls(secure), undefined, "the system's authorities");
  t.match(await loadTls({ ...secure, brokerCa: ca }), { ca: /BEGIN/ });
  await using authority = await makeAuthority();
  await Promise.all([authority.certificate("counter-1"), authority.certificate("counter-2")]);
  const at = (name: string) => join(authority.folder, name);
  const pair = { ...secure, brokerCert: at("counter-1.crt"), brokerKey: at("counter-1.key") };
  t.match(await loadTls(pair), { cert: /BEGIN/, key: /BEGIN/ });
  await t.rejects(loadTls({ ...pair, brokerKey: at("counter-2.key") }), {
    code: "settings_refused",
    message: /do not belong together.*provision --accept/,
  });
});

t.test("what cannot be meant is refused, with the variable's name", async (t) => {
  const refused = (settings: Parameters<typeof loadTls>[0], message: RegExp) =>
    t.rejects(loadTls(settings), { code: "settings_refused", message });
  await refused({ ...plain, brokerCa: ca }, /MATCHLIGHT_BROKER_CA has no effect without .*mqtts/);
  await refused({ ...secure, brokerCert: ca }, /MATCHLIGHT_BROKER_CERT and MATCHLIGHT_BROKER_KEY must both be set/);
  await refused({ ...secure, brokerCa: join(folder, "absent") }, /MATCHLIGHT_BROKER_CA: .*ENOENT/);
  await refused({ ...secure, brokerCa: join(folder, "empty.pem") }, /holds no PEM/);
});
