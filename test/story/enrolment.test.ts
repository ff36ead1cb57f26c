import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { approveEnrolment, readFleetKeys } from "../../carrier/approval.ts";
import { openCarrier } from "../../carrier/client.ts";
import { enrolmentToken } from "../../device/management/provision.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk, readPrivateKey } from "../../protocol/encoding/tokens.ts";
import { makeTlsKey } from "../../protocol/identity/tls-key.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { type MqttClient, openMqttClient } from "../../protocol/mqtt/client.ts";
import { type EnrolmentStage, setEnrolmentStage, startEnrollingDevice } from "../support/enrolment-stage.ts";
import { askWith } from "../support/stage.ts";
import { until } from "../support/until.ts";

const CLI = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");
const DEVICE = "counter-9";
const topics = topicsOf(DEFAULT_TOPICS, DEVICE);

/** `matchlight fleet …`: its exit code, and what it printed. */
async function fleet({ fleetFile }: EnrolmentStage, ...args: readonly string[]) {
  const child = promisify(execFile)(process.execPath, [CLI, "fleet", ...args, "--fleet", fleetFile]);
  const { stdout } = await child.catch((error: { stdout: string }) => error);
  return { code: child.child.exitCode, stdout };
}

/** Somebody at the broker for enrolments. */
function client(url: URL, clientId: string, tls: object, subscribe: readonly string[] = []) {
  const received: string[] = [];
  const mqtt: MqttClient = openMqttClient({ url, clientId, subscribe, tls });
  const connected = new Promise<void>((resolve) => {
    mqtt.start({
      connected: () => resolve(),
      lost: () => undefined,
      message: (topic) => void received.push(topic),
    });
  });
  return { mqtt, connected, received, [Symbol.asyncDispose]: () => mqtt[Symbol.asyncDispose]() };
}

type Client = ReturnType<typeof client>;

function write(by: MqttClient, topic: string, payload: string): Promise<void> {
  return by.publish({ topic, payload, qos: 1, retain: false });
}

/** An enrolment under a camera's name with keys that are not the camera's. */
async function strangersEnrolment(): Promise<string> {
  const [signing, sealing] = await Promise.all(
    (["signing", "sealing"] as const).map(async (use) => readPrivateKey(await generatePrivateJwk(use), use)),
  );
  if (!signing || !sealing) throw new Error("no keys");
  return enrolmentToken({ device: DEVICE, keys: { signing, sealing }, key: await makeTlsKey(), wallMs: Date.now() });
}

/** Whoever has the bootstrap credential can ask in any name, and neither listen to others nor answer them. */
async function holdThief(t: Test, thief: Client, stage: EnrolmentStage, ca: string): Promise<void> {
  await thief.connected;
  await t.rejects(write(thief.mqtt, topics.approval, "mine"), { code: "denied" });
  await t.rejects(write(thief.mqtt, topics.enrolment, await strangersEnrolment()), { code: "denied" });
  await using wild = client(stage.enrolment.camerasUrl, "+", { ca });
  const written = wild.connected
    .then(() => write(wild.mqtt, topics.enrolment, "x"))
    .then(
      () => true,
      () => false,
    );
  t.notOk(await Promise.race([written, sleep(1_000, false)]), "a client id is no pattern");
}

/** Whoever rules the broker can answer, and is not the operator. */
async function sendForgedApproval(t: Test, stage: EnrolmentStage, code: string): Promise<void> {
  const { authorities, enrolment, folder } = stage;
  const tls = await authorities.carriers.certificate("operator");
  let token = "";
  await using ruler = openMqttClient({
    url: enrolment.operatorsUrl,
    clientId: "ruler",
    subscribe: [topics.enrolment],
    tls,
  });
  ruler.start({
    connected: () => undefined,
    lost: () => undefined,
    message(_topic, payload) {
      token = Buffer.from(payload).toString();
    },
  });
  t.ok(await until(() => token !== "", 15_000), "the camera asks again and again");
  const strangers = await readFleetKeys({
    operator: await generatePrivateJwk("signing"),
    broker: { url: "mqtts://evil.example" },
    carrier: (await readPrivateKey(await generatePrivateJwk("signing"), "signing")).public as never,
  });
  const authority = {
    certificate: await readFile(join(folder, "cameras", "ca.crt"), "utf8"),
    key: await readFile(join(folder, "cameras", "ca.key"), "utf8"),
    days: 30,
  };
  const forged = await approveEnrolment({ token, code, shop: "Evil", authority, fleet: strangers });
  await write(ruler, topics.approval, forged.message);
}

/** Two brokers, three services and their commands take longer than a test may: `npm run enrolment`. */
const skip = process.env["MATCHLIGHT_TEST_ENROLMENT"] ? false : "npm run enrolment";

t.test("a camera enrols by itself, is approved by its code, and serves; nobody else gets in", { skip }, async (t) => {
  const stage = await setEnrolmentStage();
  if (!stage) return t.comment("mosquitto is not installed");
  await using _stage = stage;
  const { folder, enrolment, broker, authorities } = stage;
  const bootstrapFile = join(folder, "bootstrap.json");
  t.equal((await fleet(stage, "bootstrap", "--out", bootstrapFile)).code, 0);
  const bootstrap = { MATCHLIGHT_BOOTSTRAP: bootstrapFile };

  await using camera = await startEnrollingDevice(stage, DEVICE, bootstrap);
  const shown = await camera.logged("enrolling");
  t.match(shown?.enrolmentCode, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
  t.ok(await camera.logged("enrolment_sent"));

  const ca = await readFile(join(folder, "cameras", "ca.crt"), "utf8");
  await using thief = client(enrolment.camerasUrl, "thief", { ca }, [
    topics.approval,
    topicsOf(DEFAULT_TOPICS, "+").enrolment,
  ]);
  await holdThief(t, thief, stage, ca);
  await sendForgedApproval(t, stage, shown?.enrolmentCode ?? "");
  t.match(await camera.logged("approval_refused"), { code: "bad_signature" });

  const wrong = await fleet(stage, "approve", DEVICE, "--code", "AAAAA-AAAAA", "--shop", "Shop 9", "--wait", "12");
  t.equal(wrong.code, 1, wrong.stdout);
  t.match(wrong.stdout, /compare it again/);
  t.notOk(existsSync(join(folder, "register.json")), "nothing is registered");

  const right = await fleet(stage, "approve", DEVICE, "--code", shown?.digits ?? "", "--shop", "Shop 9");
  t.equal(right.code, 0, right.stdout);
  t.ok(await camera.logged("provisioned"));
  t.ok(await camera.logged("broker_connected"), "it goes on as a camera that serves, in the same process");
  const { [DEVICE]: registered } = JSON.parse(await readFile(join(folder, "register.json"), "utf8"));
  t.equal(registered.shop, "Shop 9");
  const reach = { brokerUrl: broker.carriersUrl, tls: await authorities.carriers.certificate("carrier") };
  await using carrier = await openCarrier({ ...reach, device: DEVICE, key: stage.carrier, pinned: registered.pin });
  t.equal((await carrier.verify(askWith(Buffer.from("/9j/", "base64")))).claims.decision, "match");

  await camera.kill("SIGTERM");
  await using again = await startEnrollingDevice(stage, DEVICE, {});
  t.ok(await again.logged("broker_connected"), "it starts without bootstrap credential and without a path");

  await enrolment.withdraw();
  await using late = await startEnrollingDevice(stage, "counter-10", bootstrap);
  t.match(await late.logged("enrolment_waits"), { code: "refused" }, "a credential that was withdrawn asks nothing");
  t.same(thief.received, [], "the thief heard nothing");
});
