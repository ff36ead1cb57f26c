import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { NetworkEntry } from "../../models/pack/manifest.ts";
import { readPack } from "../../models/pack/pack.ts";
import { loadNetworks } from "../../models/pipeline/networks.ts";
import { openRuntime, type Runtime } from "../../models/runtime/runtime.ts";
import { openMqttClient, type Tls } from "../../protocol/mqtt/client.ts";
import { FAULTS } from "../faults.ts";
import { loadKeys } from "../management/device-keys.ts";
import { loadTls, type TlsSettings } from "../messaging/tls.ts";
import { systemClock } from "../process/clock.ts";
import { packFolder } from "../process/package-folder.ts";
import { queryHealth } from "../status/health-socket.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

type InputPort = NetworkEntry["input"];

/** Loads the model pack and runs each network on an empty image. */
export async function tryPack(name: string, runtime: Runtime): Promise<Finding> {
  try {
    const startedMs = performance.now();
    const pack = await readPack(packFolder(name));
    await using networks = await loadNetworks(pack, await openRuntime(runtime));
    const loadMs = performance.now() - startedMs;
    const { detector, landmarks, embedder, liveness } = pack.manifest.networks;
    const runs = [
      ["detect", networks.detector.network, detector],
      ["landmarks", networks.landmarks.network, landmarks],
      ["liveness", networks.liveness.network, liveness],
      ["embed", networks.embedder.network, embedder],
    ] as const;
    const times: string[] = [];
    for (const [stage, network, { input }] of runs) {
      const picture = emptyInput(input);
      await network.run(picture);
      const runMs = performance.now();
      await network.run(picture);
      times.push(`${stage} ${(performance.now() - runMs).toFixed(0)}`);
    }
    return ok(
      "model pack",
      `${pack.manifest.id} ${pack.manifest.version} on ${runtime} loaded in ${loadMs.toFixed(0)} ms; ms a run: ${times.join(", ")}`,
    );
  } catch (error) {
    return fail(
      "model pack",
      (error as Error).message,
      "Reinstall the release, or set MATCHLIGHT_MODEL_PACK to a shipped pack.",
    );
  }
}

function emptyInput({ shape, type }: InputPort): Float32Array | Uint8Array {
  const length = shape.reduce((product, size) => product * size, 1);
  return type === "uint8" ? new Uint8Array(length) : new Float32Array(length);
}

/** Whether the device has keys. It creates none. */
export async function checkKeys(dataFolder: string): Promise<Finding> {
  if (!existsSync(join(dataFolder, "identity.json"))) {
    return warn(
      "keys",
      `${dataFolder} holds no keys yet`,
      "Nothing: the first start makes them. If the device has started before, the data folder is the wrong one.",
    );
  }
  try {
    const { signing } = await loadKeys(dataFolder);
    return ok("keys", `signing key ${signing.public.kid}`);
  } catch (error) {
    return fail("keys", (error as Error).message, "Restore identity.json, or remove it and register the device again.");
  }
}

const CONNECT_WITHIN_MS = 5_000;

/**
 * Asks the running service. Connects to the broker only without one, because a broker that takes the client id from the
 * certificate ends the service's connection for a second one.
 */
export async function tryBroker(
  { healthSocket, ...settings }: TlsSettings & { readonly healthSocket?: string | undefined },
  deviceId: string,
): Promise<Finding> {
  try {
    const tls = await loadTls(settings);
    const asked = healthSocket ? await askService(healthSocket) : undefined;
    return asked ?? (await connectTo(settings.brokerUrl, deviceId, tls));
  } catch (error) {
    return fail("broker", (error as Error).message, "Correct the files that the settings name.");
  }
}

/** What the running service knows of its broker; undefined if no service runs, or one that has no broker yet. */
async function askService(socket: string): Promise<Finding | undefined> {
  try {
    const { codes, metrics } = await queryHealth(socket);
    if (codes.includes("unprovisioned")) return undefined;
    if (metrics.connected === 1) return ok("broker", "the running service is connected to its broker");
    const { meaning, remedy } = FAULTS.broker_unreachable;
    return fail("broker", `the running service is not connected. ${meaning} Its log has the reason.`, remedy);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ECONNREFUSED") return undefined;
    return warn("broker", `the broker was not tried: the service at ${socket} says nothing (${message})`, STOP_FIRST);
  }
}

const STOP_FIRST = "Run the doctor as the service's user, or stop the service first.";

async function connectTo(url: URL, deviceId: string, tls: Tls | undefined): Promise<Finding> {
  const named = tls ? { tls } : {};
  await using broker = openMqttClient({ url, clientId: `${deviceId}-doctor`, subscribe: [], ...named });
  const answer = await new Promise<Error | undefined>((resolve) => {
    const late = setTimeout(() => resolve(new Error(`no answer within ${CONNECT_WITHIN_MS} ms`)), CONNECT_WITHIN_MS);
    const settle = (error?: Error) => {
      clearTimeout(late);
      resolve(error);
    };
    broker.start({ connected: () => settle(), lost: settle, message: () => undefined });
  });
  if (!answer) return ok("broker", `${url.host} answers`);
  return fail(
    "broker",
    `${url.host} cannot be reached: ${answer.message}`,
    "Check the network cable, the address and the firewall.",
  );
}

/** This version did not exist before its first commit, so an earlier clock was never set. */
const OLDEST_PLAUSIBLE_MS = Date.UTC(2026, 10, 1);

export function checkClock(): Finding {
  const now = new Date();
  if (now.getTime() < OLDEST_PLAUSIBLE_MS) {
    return fail(
      "clock",
      `it is ${now.toISOString()}, which is impossible`,
      "Connect to the network and wait until the time is set.",
    );
  }
  if (systemClock.synchronised()) return ok("clock", `${now.toISOString()}, synchronised`);
  return warn(
    "clock",
    `${now.toISOString()}; no time service is known to have set it`,
    "Compare with a watch; systemd-timesyncd or balena's host sets it.",
  );
}

/** Free space in megabytes: below `warn` reports may soon not be stored, below `fail` they cannot be. */
const FREE_MB = { warn: 200, fail: 20 };

export async function checkDisk(dataFolder: string): Promise<Finding> {
  const folder = existingAbove(dataFolder);
  const { bavail, bsize } = await statfs(folder);
  const freeMb = Math.floor((bavail * bsize) / 1e6);
  const found = `${freeMb} MB free at ${folder}`;
  if (freeMb < FREE_MB.fail) return fail("disk", found, "Free space: without it no request is accepted.");
  return freeMb < FREE_MB.warn ? warn("disk", found, "Free space soon.") : ok("disk", found);
}

function existingAbove(folder: string): string {
  return existsSync(folder) ? folder : existingAbove(dirname(folder));
}
