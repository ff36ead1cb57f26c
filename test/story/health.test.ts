import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { openCarrier } from "../../carrier/client.ts";
import type { Parts } from "../../device/app/parts.ts";
import type { Inference } from "../../device/inference/inference.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { queryHealth } from "../../device/status/health-socket.ts";
import type { Camera } from "../../drivers/camera/camera.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { type Health, healthSchema } from "../../protocol/messages/metrics.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { startTestBroker } from "../support/broker.ts";
import { cannotMount, smallDisk } from "../support/mounts.ts";
import { askWith, decided } from "../support/stage.ts";
import { SYNTHETIC, syntheticCamera, syntheticInference } from "../support/synthetic.ts";
import { openSynthetic } from "../support/synthetic-device.ts";
import { until } from "../support/until.ts";

const photo = Buffer.from([0xff, 0xd8, 0xff]);
const NAME = "health-camera";
const run = promisify(execFile);

/** A device whose health can be asked, and a carrier that asks it for verifications. */
async function stage(t: Test, own: Partial<Parts> = {}, dataFolder = join(t.testdir({}), "data")) {
  const broker = await startTestBroker();
  const key = await generatePrivateJwk("signing");
  // A unix socket's path has at most 107 bytes, which tap's folders are too long for.
  const socket = `/tmp/matchlight-health-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const { device, log } = await openSynthetic({
    brokerUrl: broker.url,
    name: NAME,
    carrier: key,
    dataFolder,
    own,
    environment: { MATCHLIGHT_HEALTH_SOCKET: socket, MATCHLIGHT_RELEASE: "r-17" },
  });
  t.teardown(async () => {
    await device[Symbol.asyncDispose]();
    await broker[Symbol.asyncDispose]();
  });
  const health = () => queryHealth(socket);
  /** Asks until it is so, and gives the health that was. */
  const becomes = async (wanted: (health: Health) => boolean, withinMs = 20_000) => {
    let last = await health();
    const late = performance.now() + withinMs;
    while (!wanted(last) && performance.now() < late) {
      await sleep(20);
      last = await health();
    }
    t.ok(wanted(last), JSON.stringify(last));
    return last;
  };
  return { broker, key, socket, log, health, becomes };
}

/** `matchlight health`, its exit code and what it said. */
async function command(...args: readonly string[]) {
  const program = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");
  const child = run(process.execPath, [program, "health", ...args]);
  const { stdout, stderr } = await child.catch((error: { stdout: string; stderr: string }) => error);
  return { code: child.child.exitCode, stdout, stderr };
}

t.test("a device that serves: over the socket, by the command, and retained over MQTT", async (t) => {
  const { broker, key, socket, becomes } = await stage(t);
  await becomes(({ metrics }) => metrics.connected === 1);
  const carrier = await openCarrier({ brokerUrl: broker.url, device: NAME, key });
  t.teardown(() => carrier[Symbol.asyncDispose]());
  t.equal(decided((await carrier.verify(askWith(photo))).claims), "match");
  const { state, codes, release, pack, metrics } = await becomes(({ metrics }) => metrics.outboxReports === 0);
  t.same([state, codes, release], ["healthy", [], "r-17"]);
  t.same(pack, { id: SYNTHETIC, version: "0.0.0", hash: SYNTHETIC });
  t.match(metrics, { verificationsTotal: 1, refusalsTotal: 0, cameraWorking: 1, lightWorking: 1, frameWaitSeconds: 0 });
  for (const name of ["framesTotal", "residentBytes", "diskFreeBytes", "uptimeSeconds"] as const) {
    t.ok((metrics[name] ?? 0) > 0, name);
  }
  const text = await command("--socket", socket);
  t.equal(text.code, 0);
  t.match(
    text.stdout,
    /health-camera is healthy: Matchlight \S+, release r-17\n +Model pack synthetic-no-networks 0\.0\.0, /,
  );
  const json = await command("--socket", socket, "--json");
  t.equal(healthSchema.parse(JSON.parse(json.stdout)).state, "healthy");
  const { health: topic } = topicsOf(DEFAULT_TOPICS, NAME);
  await using listener = openMqttClient({ url: broker.url, clientId: "prometheus", subscribe: [topic] });
  const payload = await new Promise<Uint8Array>((resolve) =>
    listener.start({ connected: () => undefined, lost: () => undefined, message: (_topic, heard) => resolve(heard) }),
  );
  t.match(healthSchema.parse(JSON.parse(Buffer.from(payload).toString())), { device: NAME, state: "healthy" });
});

t.test("a service that is not there, or that nobody named, is said plainly", async (t) => {
  const gone = await command("--socket", "/tmp/matchlight-no-such-socket");
  t.match([gone.code, gone.stderr], [1, /ENOENT/]);
  const unnamed = await command();
  t.match([unnamed.code, unnamed.stderr], [1, /MATCHLIGHT_HEALTH_SOCKET/]);
});

t.test("a broker that is gone makes no device unhealthy", async (t) => {
  const { broker, socket, becomes } = await stage(t);
  await becomes(({ metrics }) => metrics.connected === 1);
  await broker[Symbol.asyncDispose]();
  const { state, codes } = await becomes(({ metrics }) => metrics.connected === 0);
  t.same([state, codes], ["healthy", []]);
  t.equal((await command("--socket", socket)).code, 0);
});

/** Begins a verification that will not end by itself, and does not wait for it. */
async function begin(t: Test, { broker, key }: Awaited<ReturnType<typeof stage>>) {
  const carrier = await openCarrier({ brokerUrl: broker.url, device: NAME, key });
  t.teardown(() => carrier[Symbol.asyncDispose]());
  carrier.verify(askWith(photo, 30_000)).catch(() => undefined);
}

t.test("a camera that is open and silent is told while it is wanted", async (t) => {
  const camera: Camera = { ...syntheticCamera(), open: async () => ({ ...(await syntheticCamera().open(nobody)) }) };
  const here = await stage(t, { camera });
  await begin(t, here);
  const { state, codes } = await here.becomes(({ codes }) => codes.length > 0);
  t.same([state, codes], ["unhealthy", ["frames_missing"]]);
  const said = await command("--socket", here.socket);
  t.equal(said.code, 1);
  t.match(said.stdout, /is unhealthy.*\n +frames_missing: A verification has waited/);
  t.ok(await until(() => here.log.some(({ event, state }) => event === "health_changed" && state === "unhealthy")));
});

const nobody = { frame: () => undefined, failed: () => undefined };

t.test("networks that owe an answer are told before the process ends", async (t) => {
  let answer: () => void = () => undefined;
  const stuck = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const healthy = syntheticInference();
  const inference: Inference = { ...healthy, look: (frame) => stuck.then(() => healthy.look(frame)) };
  const here = await stage(t, { inference });
  t.teardown(answer);
  await begin(t, here);
  const { state, codes } = await here.becomes(({ codes }) => codes.length > 0);
  t.same([state, codes], ["unhealthy", ["inference_stuck"]]);
});

t.test("a disk that is full", { skip: cannotMount() }, async (t) => {
  const disk = smallDisk(t, "8m");
  const { becomes } = await stage(t, {}, join(disk.folder, "data"));
  await becomes(({ codes }) => codes.includes("disk_low"));
  writeFileSync(join(disk.folder, "ballast"), Buffer.alloc(6_000_000));
  const { state, codes } = await becomes(({ codes }) => codes.includes("disk_full"));
  t.same([state, codes], ["unhealthy", ["disk_full"]]);
});
