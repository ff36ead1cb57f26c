import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { approveEnrolment } from "../../../carrier/approval.ts";
import { enrolmentToken } from "../../../device/management/provision.ts";
import { generatePrivateJwk, readPrivateKey } from "../../../protocol/encoding/tokens.ts";
import { makeTlsKey } from "../../../protocol/identity/tls-key.ts";
import { DEFAULT_TOPICS, LIMITS, topicsOf } from "../../../protocol/messages/contract.ts";
import { type MqttClient, openMqttClient } from "../../../protocol/mqtt/client.ts";

import { openEnrolmentLink } from "../../fleet/enrolment/enrolment-link.ts";
import { readRegister } from "../../fleet/enrolment/register.ts";
import { authorityOf, fleetKeysOf, readFleetFile } from "../../fleet/fleet-file.ts";
import type { TrialCamera } from "../camera.ts";
import { runFleet } from "../operator-commands.ts";
import type { Stage } from "../stage.ts";
import { promise, type Steps } from "../steps.ts";
import { anotherBootstrap, approve, shownCode } from "./enrolment.ts";

const THIEF = "thief";

/** Attacks while `camera` waits for its approval. */
export async function playAttacks(stage: Stage, steps: Steps, camera: TrialCamera): Promise<void> {
  const { name: device } = camera;
  await using thief = await openThief(stage, device);
  await steps.step("bootstrap credential stolen", THIEF, () => thief.tries());
  await steps.step("wrong code for a camera", device, () => wrongCode(stage, device, "AAAAA-AAAAA"));
  await steps.step("right code for the thief's key", THIEF, async () =>
    wrongCode(stage, THIEF, await shownCode(camera)),
  );
  await steps.step("approval that comes too late", device, () => expired(stage, camera));
  await steps.step("what the thief heard meanwhile", THIEF, async () => {
    promise(thief.received().length === 0, `he received ${thief.received().join(", ")}`);
    promise(!(THIEF in (await readRegister(stage.fleet.register))), "he is in the register");
    return "nothing; he is in no register";
  });
}

/** The bootstrap credential is withdrawn while `camera` still waits. With a new credential, `camera` is approved. */
export async function playWithdrawal(stage: Stage, steps: Steps, camera: TrialCamera, stolen: string): Promise<void> {
  const { name: device } = camera;
  let another = "";
  await steps.step("bootstrap credential withdrawn", device, async () => {
    another = await anotherBootstrap(stage);
    await camera.start(stage.release, stolen);
    const { code } = await camera.logged("enrolment_waits");
    promise(code === "refused", `with the old one it logs ${code}`);
    return "with the old one nobody can ask any more";
  });
  await steps.step("another credential", device, async () => {
    await camera.start(stage.release, another);
    const { printed } = await approve(stage, device, await shownCode(camera), stage.fleet.fleetFile);
    await camera.logged("broker_connected");
    return printed;
  });
  await steps.step("another credential: verify", device, () => stage.verify(device));
}

/** An operator enters a code that is not the camera's. */
async function wrongCode({ fleet }: Stage, device: string, code: string): Promise<string> {
  const known = Object.keys(await readRegister(fleet.register));
  const options = ["--code", code, "--shop", "Nowhere", "--wait", "12", "--fleet", fleet.firstFleetFile];
  const ran = await runFleet("approve", device, ...options);
  promise(ran.code === 1 && ran.printed.includes("compare it again"), `exit code ${ran.code}: ${ran.printed}`);
  const now = Object.keys(await readRegister(fleet.register));
  promise(known.includes(device) === now.includes(device), "it is in the register now");
  return `exit code 1, not registered: ${ran.printed}`;
}

/** The camera receives an approval that expired longer ago than the clocks may differ. */
async function expired({ fleet }: Stage, camera: TrialCamera): Promise<string> {
  const file = await readFleetFile(fleet.fleetFile);
  const given = { authority: await authorityOf(file), fleet: await fleetKeysOf(file), lifetimeSeconds: 1 };
  const code = await shownCode(camera);
  let sent: Promise<void> | undefined;
  await using _link = await openEnrolmentLink({
    fleet: file,
    at: "enrolment",
    device: camera.name,
    async received({ token }, link) {
      const { message } = await approveEnrolment({ token, code, shop: "Too late", ...given });
      sent ??= sleep((LIMITS.clockSkewSeconds + 2) * 1_000).then(() => link.answer(camera.name, message));
    },
  });
  const refused = await camera.logged("approval_refused", (LIMITS.clockSkewSeconds + 30) * 1_000);
  await sent;
  promise(refused.code === "expired", `it logs ${refused.code}`);
  promise(!camera.hasLogged("provisioned"), "it took the approval");
  return "refused as expired; the camera waits as before";
}

interface Thief extends AsyncDisposable {
  /** Tries everything that cameras and operators may do. Throws Error if something succeeds. */
  tries(): Promise<string>;
  received(): readonly string[];
}

/** An attacker with the stolen credential, which every image contains. */
async function openThief({ broker }: Stage, victim: string): Promise<Thief> {
  const ca = await readFile(join(broker.cameras.authority, "ca.crt"), "utf8");
  const theirs = topicsOf(DEFAULT_TOPICS, victim);
  const everybodys = topicsOf(DEFAULT_TOPICS, "+");
  const received: string[] = [];
  const subscribe = [everybodys.enrolment, theirs.approval];
  const own = openMqttClient({ url: broker.bootstrapUrl, clientId: THIEF, subscribe, tls: { ca } });
  await connected(own, (topic) => received.push(topic));
  const publish = (topic: string, payload: string) => own.publish({ topic, payload, qos: 1, retain: false });
  const denied = async (what: string, topic: string, payload: string) => {
    const code = await publish(topic, payload).then(
      () => "allowed",
      (error: { readonly code?: string }) => error.code,
    );
    promise(code === "denied", `${what} is ${code}`);
  };
  const token = await strangersEnrolment(THIEF);
  const ask = () => void publish(topicsOf(DEFAULT_TOPICS, THIEF).enrolment, token).catch(() => undefined);
  let asking: NodeJS.Timeout | undefined;
  return {
    received: () => received,
    async tries() {
      await denied("to answer a camera", theirs.approval, "yes");
      await denied("to ask under a camera's name", theirs.enrolment, await strangersEnrolment(victim));
      const fleets = openMqttClient({ url: broker.cameras.url, clientId: victim, subscribe: [], tls: { ca } });
      const inside = await Promise.race([connected(fleets).then(() => true), sleep(FLEETS_BROKER_MS, false)]);
      await fleets[Symbol.asyncDispose]();
      promise(!inside, "the fleet's broker lets him in");
      asking = setInterval(ask, 3_000);
      return "can ask under his own name, and nothing more";
    },
    async [Symbol.asyncDispose]() {
      clearInterval(asking);
      await own[Symbol.asyncDispose]();
    },
  };
}

const FLEETS_BROKER_MS = 3_000;

function connected(client: MqttClient, message: (topic: string) => void = () => undefined): Promise<void> {
  return new Promise((resolve) => {
    client.start({ connected: () => resolve(), lost: () => undefined, message });
  });
}

/** An enrolment under a given name, with keys of its own. */
async function strangersEnrolment(device: string): Promise<string> {
  const [signing, sealing] = await Promise.all([newKey("signing"), newKey("sealing")]);
  return enrolmentToken({ device, keys: { signing, sealing }, key: await makeTlsKey(), wallMs: Date.now() });
}

async function newKey(use: "signing" | "sealing") {
  return readPrivateKey(await generatePrivateJwk(use), use);
}
