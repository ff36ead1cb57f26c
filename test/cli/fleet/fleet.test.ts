import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { isWell, type Row, rowOf } from "../../../cli/fleet/fleet-row.ts";
import { retainedMessage } from "../../../device/messaging/publisher.ts";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { DEFAULT_TOPICS, type Identity, type Status, topicsOf } from "../../../protocol/messages/contract.ts";
import { openMqttClient } from "../../../protocol/mqtt/client.ts";
import { startTestBroker } from "../../support/broker.ts";
import { startRefusingBroker } from "../../support/refusing-broker.ts";
import { until } from "../../support/until.ts";

const CLI = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");

const ready = (device: string): Status => ({ v: 1, device, state: "ready", faults: [] });
const identity = (kid: string) =>
  ({ software: "1.0.0", signing: { kid }, pack: { id: "int8", hash: "0123456789" } }) as unknown as Identity;

t.test("with a register only its own cameras, with their own keys, are well", async (t) => {
  const register = { "counter-1": { pin: "ours" } };
  const key = (camera: string, kid?: string, held: typeof register | undefined = register) => {
    const row = rowOf(camera, { status: ready(camera), ...(kid ? { identity: identity(kid) } : {}) }, held);
    return [row.key, isWell(row)];
  };
  t.same(key("counter-1", "ours"), ["registered", true]);
  t.same(key("counter-1", "theirs"), ["ANOTHER", false]);
  t.same(key("counter-1"), ["NOT SHOWN", false]);
  t.same(key("stranger", "theirs"), ["NOT REGISTERED", false]);
  t.same(key("stranger"), ["NOT REGISTERED", false]);
  const unheld = rowOf("stranger", { status: ready("stranger"), identity: identity("theirs") });
  t.same([unheld.key, isWell(unheld)], ["-", true], "without a register nobody is held to one");
});

t.test("a camera that the register does not know is told as such, and is no success", async (t) => {
  await using broker = await startTestBroker();
  await using link = openMqttClient({ url: broker.url, clientId: "stranger", subscribe: [] });
  await new Promise<void>((resolve) =>
    link.start({ connected: () => resolve(), lost: () => undefined, message: () => undefined }),
  );
  await link.publish(retainedMessage(topicsOf(DEFAULT_TOPICS, "stranger").status, ready("stranger")));
  const register = join(t.testdir({ "register.json": "{}" }), "register.json");
  const list = async (...more: readonly string[]) => {
    // The command listens for two seconds, in which it may hear nothing on a busy machine.
    for (let tries = 1; ; tries++) {
      const child = promisify(execFile)(process.execPath, [
        CLI,
        "fleet",
        "--broker",
        broker.url.href,
        "--json",
        ...more,
      ]);
      const { stdout } = await child.catch((error: { readonly stdout: string }) => error);
      if (stdout.trim() !== "" || tries === 10) return { code: child.child.exitCode, row: JSON.parse(stdout) as Row };
    }
  };
  t.match(await list(), { code: 0, row: { camera: "stranger", state: "ready", key: "-" } });
  t.match(await list("--register", register), { code: 1, row: { camera: "stranger", key: "NOT REGISTERED" } });
});

t.test("a broker that refuses to show the cameras is no empty fleet", async (t) => {
  using broker = await startRefusingBroker("/status");
  await t.rejects(promisify(execFile)(process.execPath, [CLI, "fleet", "--broker", broker.url.href]), {
    code: 3,
    stderr: /cannot be heard: the broker does not let us hear .*\/status/,
  });
});

t.test("a broker on which no camera is seen is no fleet that is well", async (t) => {
  await using broker = await startTestBroker();
  await t.rejects(promisify(execFile)(process.execPath, [CLI, "fleet", "--broker", broker.url.href]), {
    code: 3,
    stderr: /no camera was seen at .* check --broker and --topics/,
  });
});

t.test("a broker that sends on topics that nobody asked for changes nothing in the list", async (t) => {
  using broker = await startRefusingBroker("nothing");
  const listed = promisify(execFile)(process.execPath, [CLI, "fleet", "--broker", broker.url.href, "--json"]);
  t.ok(await until(() => broker.answered().subscriptions >= 3));
  for (const name of ["constructor", "toString", "__proto__"]) broker.send(`matchlight/v1/counter-1/${name}`, "{}");
  broker.send("matchlight/v1/counter-2/status", JSON.stringify(ready("counter-2")));
  const { stdout, stderr } = await listed;
  t.match(JSON.parse(stdout), { camera: "counter-2", state: "ready" });
  t.equal(stderr, "");
});
