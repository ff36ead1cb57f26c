import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { readProvisioned, requireCertificate } from "../../../device/management/provisioned.ts";
import { issueCertificate, requestCertificate } from "../../../protocol/identity/certificates.ts";
import { makeTlsKey } from "../../../protocol/identity/tls-key.ts";
import { makeAuthority } from "../../support/broker.ts";

t.test("a file that cannot be read is no camera without one: it has a typed error", async (t) => {
  const data = t.testdir({ file: "" });
  t.equal(await readProvisioned(data), undefined, "none is there");
  t.equal(await readProvisioned(join(data, "file")), undefined, "no folder is there");
  await mkdir(join(data, "provisioned.json"));
  await t.rejects(readProvisioned(data), { name: "DeviceFault", code: "storage_failed" });
});

t.test("a certificate is taken while it holds, by a clock that may be off by a minute", async (t) => {
  await using made = await makeAuthority();
  const read = (name: string) => readFile(join(made.folder, name), "utf8");
  const authority = { certificate: await read("ca.crt"), key: await read("ca.key") };
  const key = await makeTlsKey();
  const issuedMs = Date.now();
  const certificate = await issueCertificate(await requestCertificate("counter-7", key), authority, 30, issuedMs);
  const fromMs = issuedMs - 3_600_000;
  const at = (wallMs: number) => () => requireCertificate(certificate, "counter-7", key, wallMs);
  t.doesNotThrow(at(issuedMs));
  t.doesNotThrow(at(fromMs - 50_000));
  t.throws(at(fromMs - 120_000), { code: "wrong_certificate", message: /is not valid yet/ });
  t.throws(at(issuedMs + 31 * 86_400_000), { code: "wrong_certificate", message: /expired/ });
});
