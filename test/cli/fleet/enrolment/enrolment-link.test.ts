import { join } from "node:path";
import t, { type Test } from "tap";
import { CarrierError } from "../../../../carrier/client.ts";
import { openEnrolmentLink } from "../../../../cli/fleet/enrolment/enrolment-link.ts";
import { readFleetFile } from "../../../../cli/fleet/fleet-file.ts";
import { namingBroker } from "../../../../cli/fleet/remote/connect.ts";
import { withResolvers } from "../../../../protocol/common/with-resolvers.ts";
import { startRefusingBroker } from "../../../support/refusing-broker.ts";

/** What is said of a broker at this address. */
async function saidOf(t: Test, broker: string): Promise<readonly [message: string, file: string]> {
  const folder = t.testdir({
    "fleet.json": JSON.stringify({
      enrolment: { broker },
      bootstrap: { broker: "mqtts://localhost" },
      cameras: { broker: "mqtts://localhost", carrierKey: "carrier.jwk" },
      operatorKey: "operator.jwk",
      authority: { certificate: "ca.crt", key: "ca.key" },
      register: "register.json",
    }),
  });
  const fleet = await readFleetFile(join(folder, "fleet.json"));
  const lost = withResolvers<Error>();
  await using _link = await openEnrolmentLink({
    fleet,
    at: "enrolment",
    received: async () => undefined,
    lost: lost.resolve,
  });
  return [(await lost.promise).message, fleet.file];
}

t.test("a broker that does not answer is named, and where it is written, without its password", async (t) => {
  const [message, file] = await saidOf(t, "mqtt://somebody:secret@127.0.0.1:9");
  t.equal(message, `the broker at 127.0.0.1:9, "enrolment" in ${file}, cannot be reached: ${REFUSED}`);
});

t.test("one that refuses the enrolments is named, too", async (t) => {
  using broker = await startRefusingBroker("/enrolment");
  const [message] = await saidOf(t, broker.url.href);
  t.match(message, /"enrolment" in .*, refuses the subscription: the broker does not let us hear .*\/enrolment/);
});

t.test("so is one at which operators meet cameras", async (t) => {
  const unreachable = new CarrierError("broker_unreachable", "the broker at shops:8884 cannot be reached: no answer");
  t.match(namingBroker(unreachable, { file: "fleet.json" }), {
    code: "broker_unreachable",
    message: 'the broker at shops:8884 cannot be reached: no answer; it is "operators" in fleet.json',
  });
  const refused = new CarrierError("bad_input", "no key");
  t.equal(namingBroker(refused, { file: "fleet.json" }), refused);
});

const REFUSED = "connect ECONNREFUSED 127.0.0.1:9";
