import { join } from "node:path";
import t, { type Test } from "tap";
import { CarrierError } from "../../../../carrier/client.ts";
import { openEnrolmentLink } from "../../../../cli/fleet/enrolment/enrolment-link.ts";
import { readFleetFile } from "../../../../cli/fleet/fleet-file.ts";
import { namingBroker } from "../../../../cli/fleet/remote/connect.ts";
import { enrolmentToken } from "../../../../device/management/provision.ts";
import { withResolvers } from "../../../../protocol/common/with-resolvers.ts";
import { generatePrivateJwk, readPrivateKey } from "../../../../protocol/encoding/tokens.ts";
import { makeTlsKey } from "../../../../protocol/identity/tls-key.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../../../protocol/messages/contract.ts";
import { openMqttClient } from "../../../../protocol/mqtt/client.ts";
import { startTestBroker } from "../../../support/broker.ts";
import { startRefusingBroker } from "../../../support/refusing-broker.ts";
import { until } from "../../../support/until.ts";

async function fleetAt(t: Test, broker: string) {
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
  return readFleetFile(join(folder, "fleet.json"));
}

/** What is said of a broker at this address. */
async function saidOf(t: Test, broker: string): Promise<readonly [message: string, file: string]> {
  const fleet = await fleetAt(t, broker);
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

t.test("an enrolment that could not be answered is received again when the camera sends it again", async (t) => {
  await using broker = await startTestBroker();
  const [signing, sealing] = [
    await readPrivateKey(await generatePrivateJwk("signing"), "signing"),
    await readPrivateKey(await generatePrivateJwk("sealing"), "sealing"),
  ];
  const key = await makeTlsKey();
  const token = await enrolmentToken({ device: "counter-7", keys: { signing, sealing }, key, wallMs: Date.now() });
  const [failures, answered] = [[] as string[], withResolvers<number>()];
  let times = 0;
  await using _link = await openEnrolmentLink({
    fleet: await fleetAt(t, broker.url.href),
    at: "enrolment",
    async received() {
      if (++times === 1) throw new Error("the register is half written");
      answered.resolve(times);
    },
    failed: (error, { claims }) => void failures.push(`${claims.iss}: ${error.message}`),
  });
  await using camera = openMqttClient({ url: broker.url, clientId: "counter-7", subscribe: [] });
  await new Promise<void>((resolve) =>
    camera.start({ connected: () => resolve(), lost: () => undefined, message: () => undefined }),
  );
  const { enrolment: topic } = topicsOf(DEFAULT_TOPICS, "counter-7");
  const send = () => camera.publish({ topic, payload: token, qos: 1, retain: false, expirySeconds: 60 });
  do await send();
  while (!(await until(() => failures.length > 0, 200)));
  await send();
  t.equal(await answered.promise, 2);
  t.same(failures, ["counter-7: the register is half written"]);
});

const REFUSED = "connect ECONNREFUSED 127.0.0.1:9";
