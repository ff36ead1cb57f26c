import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { acceptEnrolment } from "../../../carrier/enrolment.ts";
import { lockFolder } from "../../../device/management/data-folder-lock.ts";
import { findKeys, loadKeys } from "../../../device/management/device-keys.ts";
import { installCertificate, makeEnrolment, tlsFiles } from "../../../device/management/provision.ts";
import { wipe } from "../../../device/management/wipe.ts";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { enrolmentCode, isCode } from "../../../protocol/identity/enrolment.ts";
import { makeAuthority } from "../../support/broker.ts";

const run = promisify(execFile);
const camera = (dataFolder: string) => ({ dataFolder, device: "counter-7", shop: "Shop 12", newTlsKey: false });

t.test("a camera is registered by its code, and its certificate is the authority's, for its own key", async (t) => {
  const data = join(t.testdir({}), "data");
  await using made = await makeAuthority();
  const read = (name: string) => readFile(join(made.folder, name), "utf8");
  const authority = { certificate: await read("ca.crt"), key: await read("ca.key") };
  const { token, code } = await makeEnrolment(camera(data));
  const { signing } = await loadKeys(data);
  t.equal(code, (await enrolmentCode(signing.public.kid ?? "")).letters, "the code is the key's");
  const { registered, certificate } = await acceptEnrolment({ token, code: code.toLowerCase(), authority, days: 30 });
  t.match(registered, { device: "counter-7", shop: "Shop 12", pin: signing.public.kid });
  await installCertificate(data, certificate, authority.certificate);
  const files = tlsFiles(data);
  t.equal((await stat(files.key)).mode & 0o777, 0o600);
  const [issued, ca] = [
    new X509Certificate(await readFile(files.certificate)),
    new X509Certificate(authority.certificate),
  ];
  t.ok(issued.verify(ca.publicKey) && issued.checkIssued(ca), "signed by the authority");
  t.match(issued.subject, "CN=counter-7");
  t.same(issued.keyUsage, ["1.3.6.1.5.5.7.3.2"], "for TLS clients only");

  const refuse = (change: object) => acceptEnrolment({ token, code, authority, days: 30, ...change });
  await t.rejects(refuse({ code: "AAAAA-AAAAA" }), { code: "bad_input", message: /compare it again/ });
  await t.rejects(refuse({ token: `${token.slice(0, -6)}AAAAAA` }), { code: "bad_input" });
  const other = await makeEnrolment(camera(join(t.testdirName, "other")));
  await t.rejects(
    refuse({ token: other.token }),
    { message: /compare it again/ },
    "another camera under the same name",
  );
  const before = await Promise.all([readFile(files.key, "utf8"), readFile(files.certificate, "utf8")]);
  const again = await makeEnrolment({ ...camera(data), newTlsKey: true });
  t.equal(again.code, code, "a camera that is provisioned again is the same one");
  const now = () => Promise.all([readFile(files.key, "utf8"), readFile(files.certificate, "utf8")]);
  t.same(await now(), before, "until the new certificate is there the old pair stays");
  const theirs = await acceptEnrolment({ ...other, authority, days: 30 });
  const wrong = { code: "settings_refused", message: /the key of another camera/ };
  await t.rejects(installCertificate(data, theirs.certificate, authority.certificate), wrong);
  await t.rejects(installCertificate(data, certificate, certificate), { code: "settings_refused" });
  t.same(await now(), before, "what is not for this camera changes nothing");
  const renewed = await acceptEnrolment({ ...again, authority, days: 30 });
  await installCertificate(data, renewed.certificate, authority.certificate);
  const key = createPrivateKey(await readFile(files.key, "utf8"));
  t.ok(new X509Certificate(await readFile(files.certificate)).checkPrivateKey(key), "key and certificate go together");
  await writeFile(files.certificate, before[1]);
  await installCertificate(data, renewed.certificate, authority.certificate);
  t.equal(await readFile(files.certificate, "utf8"), renewed.certificate, "an interrupted installation is repeated");
  const reserved = await makeEnrolment({ ...camera(join(t.testdirName, "third")), device: "operator" });
  await t.rejects(acceptEnrolment({ ...reserved, authority, days: 30 }), { code: "bad_input", message: /operator/ });
});

t.test("a code may be typed as people type", async (t) => {
  const code = { letters: "0123A-BCDEF", digits: "012-345-678-901-234" };
  t.ok(isCode("o123a bcdef", code));
  t.ok(isCode("012345 678901 234", code), "as it was counted from the light");
  t.ok(isCode("L1I00-00000", { ...code, letters: "11100-00000" }));
  t.notOk(isCode("", code));
});

t.test("a camera that changes hands keeps nothing, and one that runs is left alone", async (t) => {
  const data = join(t.testdir({}), "data");
  await makeEnrolment(camera(data));
  await writeFile(join(data, "notes.txt"), "somebody else's");
  const { wiped, left } = await wipe(data);
  t.ok(wiped.some(({ what }) => what.startsWith("identity.json")) && wiped.some(({ what }) => what.startsWith("tls")));
  t.same(left, ["notes.txt"]);
  t.same(await readdir(data), ["notes.txt"]);
  t.equal(await findKeys(data), undefined);

  await loadKeys(data);
  const cli = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");
  const matchlight = (...args: string[]) => run(process.execPath, [cli, ...args]);
  await t.rejects(matchlight("wipe", "--data", data), { message: /use --yes/ });
  {
    await using _lock = await lockFolder(data);
    await t.rejects(matchlight("wipe", "--data", data, "--yes"), { message: /used by another Matchlight/ });
  }
  t.match((await matchlight("wipe", "--data", data, "--yes")).stdout, "identity.json");
});
