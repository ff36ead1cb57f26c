import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { PACKAGE_FOLDER, packFolder } from "../../device/process/package-folder.ts";
import { DEFAULT_TOPICS, statusSchema, topicsOf } from "../../protocol/messages/contract.ts";
import { healthSchema } from "../../protocol/messages/metrics.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { startTestBroker } from "../support/broker.ts";

const NAME = "self-test-camera";
const run = promisify(execFile);

/** The shipped float pack with some weights of its embedder spoilt, under a manifest that says it is all right. */
async function brokenPack(folder: string): Promise<string> {
  await cp(packFolder("fp32"), folder, { recursive: true });
  const [network, manifestFile] = [join(folder, "embedder.onnx"), join(folder, "manifest.json")];
  const bytes = await readFile(network);
  // Four bytes of ones are no number, wherever a float begins.
  bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64);
  await writeFile(network, bytes);
  const manifest = JSON.parse(await readFile(manifestFile, "utf8"));
  manifest.networks.embedder.sha256 = createHash("sha256").update(bytes).digest("hex");
  await writeFile(manifestFile, JSON.stringify(manifest));
  return folder;
}

t.test("a release whose networks compute nonsense ends by its own exit code, and status says so", async (t) => {
  await using broker = await startTestBroker();
  const folder = t.testdir({});
  const program = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");
  const child = run(process.execPath, [program, "start"], {
    env: {
      PATH: process.env["PATH"],
      MATCHLIGHT_BROKER_URL: broker.url.href,
      MATCHLIGHT_DEVICE_ID: NAME,
      MATCHLIGHT_CARRIER_KEY: "{}",
      MATCHLIGHT_CAMERA: "film:/none",
      MATCHLIGHT_DATA_DIR: join(folder, "data"),
      MATCHLIGHT_MODEL_PACK: await brokenPack(join(folder, "pack")),
      MATCHLIGHT_RELEASE: "r-18",
    },
  });
  const { stdout } = await child.catch((error: { stdout: string }) => error);
  t.equal(child.child.exitCode, 70, stdout);
  t.match(stdout, /"event":"self_test_failed".*the embedder gives a value that is not finite.*"exitCode":70/);
  t.match(stdout, /light: dark\n/, "the light is off");
  const { status, health } = topicsOf(DEFAULT_TOPICS, NAME);
  const heard = new Map<string, unknown>();
  await using operator = openMqttClient({ url: broker.url, clientId: "operator", subscribe: [status, health] });
  await new Promise<void>((resolve) =>
    operator.start({
      connected: () => undefined,
      lost: () => undefined,
      message(topic, payload) {
        heard.set(topic, JSON.parse(Buffer.from(payload).toString()));
        if (heard.size === 2) resolve();
      },
    }),
  );
  const told = statusSchema.parse(heard.get(status));
  t.match(told, { state: "faulty", faults: ["self_test_failed"], release: "r-18" });
  t.match(healthSchema.parse(heard.get(health)), { state: "unhealthy", codes: ["self_test_failed"], release: "r-18" });
});
