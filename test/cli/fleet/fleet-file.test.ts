import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { readRegister } from "../../../cli/fleet/enrolment/register.ts";
import { fleetKeysOf, readFleetFile, tlsOf } from "../../../cli/fleet/fleet-file.ts";

const FLEET = {
  enrolment: { broker: "mqtts://localhost" },
  bootstrap: { broker: "mqtts://localhost" },
  cameras: { broker: "mqtts://localhost", carrierKey: "carrier.jwk" },
  operatorKey: "operator.jwk",
  authority: { certificate: "ca.crt", key: "ca.key" },
  register: "register.json",
};

t.test("what is wrong with a fleet file, and with the files that it names, is said with the file", async (t) => {
  const folder = t.testdir({ "fleet.json": JSON.stringify(FLEET), "empty.json": "", "register.json": "[1" });
  const at = (name: string) => join(folder, name);
  await t.rejects(readFleetFile(at("none.json")), { message: `${at("none.json")} cannot be read (ENOENT).` });
  await t.rejects(readFleetFile(at("empty.json")), { message: `${at("empty.json")} contains no JSON object.` });
  await writeFile(at("deep.json"), "[".repeat(60_000));
  await t.rejects(readFleetFile(at("deep.json")), { message: "contains no JSON object" });
  await t.rejects(readRegister(at("register.json")), { message: `${at("register.json")} contains no JSON object.` });
  t.same(await readRegister(at("none.json")), {}, "the first camera makes the register");
  for (const [bootstrap, message] of [
    [{ broker: "http://somebody:secret@localhost" }, "bootstrap.broker: it must start with mqtt:// or mqtts://"],
    [{ broker: "mqtts://localhost", topics: "foo" }, "bootstrap.topics: it must have {device} and {channel} once each"],
  ] as const) {
    await writeFile(at("other.json"), JSON.stringify({ ...FLEET, bootstrap }));
    await t.rejects(readFleetFile(at("other.json")), { message: `${at("other.json")} is no fleet file: ${message}` });
  }
  const fleet = await readFleetFile(at("fleet.json"));
  await t.rejects(tlsOf(fleet, { broker: "mqtt://localhost", ca: "empty.json" }), {
    message: `${at("fleet.json")}: an authority needs an address that starts with mqtts://`,
  });
  await t.rejects(fleetKeysOf(fleet), { message: `${at("operator.jwk")} cannot be read (ENOENT).` });
});

t.test("a key that cannot be read is never shown", async (t) => {
  const folder = t.testdir({ "fleet.json": JSON.stringify(FLEET), "operator.jwk": '{"d":"secret"' });
  const fleet = await readFleetFile(join(folder, "fleet.json"));
  const error = await fleetKeysOf(fleet).then(
    () => t.fail("it is read"),
    ({ message }: Error) => message,
  );
  t.match(error, "operator.jwk contains no JSON object. It should be a key");
  t.notMatch(error, "secret");
});
