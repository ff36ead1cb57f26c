import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { approveEnrolment } from "../../../../carrier/approval.ts";
import { renewalOf } from "../../../../cli/fleet/enrolment/renew.ts";
import { authorityOf, fleetKeysOf, readFleetFile } from "../../../../cli/fleet/fleet-file.ts";
import { enrolmentToken } from "../../../../device/management/provision.ts";
import { generatePrivateJwk, readKeySet, readPrivateKey } from "../../../../protocol/encoding/tokens.ts";
import { readApproval } from "../../../../protocol/identity/approval.ts";
import { enrolmentCode, readEnrolment } from "../../../../protocol/identity/enrolment.ts";
import { makeTlsKey } from "../../../../protocol/identity/tls-key.ts";
import { makeAuthority } from "../../../support/broker.ts";

t.test("a renewal is signed by the authority that the fleet file names now", async (t) => {
  await using first = await makeAuthority();
  await using second = await makeAuthority();
  const operator = await generatePrivateJwk("signing");
  const { d: _, ...carrier } = await generatePrivateJwk("signing");
  const { d: __, ...operatorPublic } = operator;
  const folder = t.testdir({ "operator.jwk": JSON.stringify(operator), "carrier.jwk": JSON.stringify(carrier) });
  const file = join(folder, "fleet.json");
  const sign = (by: string) =>
    writeFile(
      file,
      JSON.stringify({
        enrolment: { broker: "mqtts://localhost" },
        bootstrap: { broker: "mqtts://localhost" },
        cameras: { broker: "mqtts://localhost", carrierKey: "carrier.jwk" },
        operatorKey: "operator.jwk",
        authority: { certificate: join(by, "ca.crt"), key: join(by, "ca.key") },
        register: "register.json",
      }),
    );
  await sign(first.folder);
  const [signing, sealing] = [
    await readPrivateKey(await generatePrivateJwk("signing"), "signing"),
    await readPrivateKey(await generatePrivateJwk("sealing"), "sealing"),
  ];
  const device = "counter-7";
  const asked = async () =>
    enrolmentToken({ device, keys: { signing, sealing }, key: await makeTlsKey(), wallMs: Date.now() });
  const fleet = await readFleetFile(file);
  const { registered } = await approveEnrolment({
    token: await asked(),
    code: (await enrolmentCode(signing.public.kid ?? "")).letters,
    shop: "Shop 7",
    authority: await authorityOf(fleet),
    fleet: await fleetKeysOf(fleet),
  });
  await writeFile(join(folder, "register.json"), JSON.stringify({ [device]: registered }));

  const issuer = async () => {
    const token = await asked();
    const message = await renewalOf({ token, claims: await readEnrolment(token) }, file);
    const reader = { device, sealing, operator: await readKeySet(operatorPublic), enrolment: token, wallMs: Date.now };
    const { certificate } = await readApproval(Buffer.from(message), reader);
    return new X509Certificate(certificate);
  };
  const authority = async (of: string) => new X509Certificate(await readFile(join(of, "ca.crt")));
  t.ok((await issuer()).verify((await authority(first.folder)).publicKey));
  await sign(second.folder);
  t.ok((await issuer()).verify((await authority(second.folder)).publicKey));
});
