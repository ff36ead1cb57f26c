import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { acceptEnrolment } from "../../carrier/enrolment.ts";
import { makeEnrolment } from "../../device/management/provision.ts";
import { makeAuthority } from "../support/broker.ts";

t.test("an enrolment is accepted by its code, or nothing is issued", async (t) => {
  await using made = await makeAuthority();
  const read = (name: string) => readFile(join(made.folder, name), "utf8");
  const authority = { certificate: await read("ca.crt"), key: await read("ca.key") };
  const camera = { dataFolder: join(t.testdir({}), "data"), device: "counter-7", shop: "Shop 12", newTlsKey: false };
  const { token, code } = await makeEnrolment(camera);
  const right = { token, code, authority, days: 30 };
  t.match(await acceptEnrolment(right), { registered: { device: "counter-7" }, certificate: /BEGIN CERTIFICATE/ });
  const named = await makeEnrolment({ ...camera, dataFolder: join(t.testdirName, "operator"), device: "operator" });
  for (const [name, wrong] of Object.entries({
    code: { code: "AAAAA-AAAAA" },
    "no token": { token: "" },
    "nested token": { token: "[".repeat(100_000) },
    "a changed token": { token: `${token.slice(0, -6)}AAAAAA` },
    "a name with rights": named,
    authority: { authority: { certificate: "none", key: "none" } },
  }))
    await t.rejects(acceptEnrolment({ ...right, ...wrong }), { name: "CarrierError", code: "bad_input" }, name);
});
