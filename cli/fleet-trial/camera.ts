import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { acceptEnrolment, type Registered } from "../../carrier/enrolment.ts";
import { installCertificate, makeEnrolment, tlsFiles } from "../../device/management/provision.ts";
import type { Release } from "./release.ts";

/** A simulated device: the real service in its own process, with a film as its camera. */
export interface TrialCamera extends AsyncDisposable {
  readonly registered: Registered;
  /** Ends the running service with SIGTERM and starts a release. Resolves when it is connected. */
  start(release: Release): Promise<void>;
}

export interface TrialCameraOptions {
  readonly name: string;
  readonly shop: string;
  readonly folder: string;
  readonly brokerUrl: URL;
  readonly authorityFolder: string;
  readonly carrierKey: string;
  readonly operatorKey: string;
  readonly packKey: string;
  readonly film: string;
}

/** Provisions a device: enrolment, comparison of the code, certificate. */
export async function openTrialCamera(options: TrialCameraOptions): Promise<TrialCamera> {
  const { name: device, shop, folder } = options;
  const dataFolder = join(folder, device, "data");
  const { token, code } = await makeEnrolment({ dataFolder, device, shop, newTlsKey: false });
  const read = (file: string) => readFile(join(options.authorityFolder, file), "utf8");
  const authority = { certificate: await read("ca.crt"), key: await read("ca.key") };
  const { registered, certificate } = await acceptEnrolment({ token, code, authority, days: 30 });
  await installCertificate(dataFolder, certificate, authority.certificate);
  let service: ChildProcess | undefined;
  const stop = async () => {
    if (!service || service.exitCode !== null || service.signalCode !== null) return;
    service.kill("SIGTERM");
    await once(service, "exit");
  };
  return {
    registered,
    async start(release) {
      await whileLocked(join(folder, device, "updates.lock"), stop);
      service = await startService(options, dataFolder, release);
    },
    [Symbol.asyncDispose]: stop,
  };
}

const LOCKED_WITHIN_MS = 90_000;

/** Takes the update lock like balena's supervisor, by creating the file. It waits during a verification. */
async function whileLocked(path: string, work: () => Promise<void>): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const taken = await writeFile(path, "", { flag: "wx" }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
    if (taken) break;
    if (waitedMs >= LOCKED_WITHIN_MS) throw new Error(`${path} is not let go`);
    await sleep(100);
  }
  await work().finally(() => rm(path, { force: true }));
}

async function startService(options: TrialCameraOptions, dataFolder: string, release: Release): Promise<ChildProcess> {
  const { name, folder, brokerUrl, carrierKey, operatorKey, packKey, film } = options;
  const tls = tlsFiles(dataFolder);
  const service = spawn(process.execPath, [join(release.folder, "dist", "cli", "matchlight.js"), "start"], {
    env: {
      PATH: process.env["PATH"],
      MATCHLIGHT_BROKER_URL: brokerUrl.href,
      MATCHLIGHT_BROKER_CA: tls.authority,
      MATCHLIGHT_BROKER_CERT: tls.certificate,
      MATCHLIGHT_BROKER_KEY: tls.key,
      MATCHLIGHT_DEVICE_ID: name,
      MATCHLIGHT_CARRIER_KEY: carrierKey,
      MATCHLIGHT_OPERATOR_KEY: operatorKey,
      MATCHLIGHT_PACK_KEY: packKey,
      MATCHLIGHT_CAMERA: `film:${film}`,
      MATCHLIGHT_DATA_DIR: dataFolder,
      MATCHLIGHT_UPDATE_LOCK: join(folder, name, "updates.lock"),
      MATCHLIGHT_RELEASE: release.version,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(join(folder, name, "log.jsonl"), { flags: "a" });
  service.stderr?.pipe(log, { end: false });
  return new Promise((resolve, reject) => {
    createInterface({ input: service.stdout as NonNullable<typeof service.stdout> }).on("line", (line) => {
      log.write(`${line}\n`);
      if (line.includes('"event":"broker_connected"')) resolve(service);
    });
    service.once("exit", (code) => reject(new Error(`${name} ended with exit code ${code}: see its log.jsonl`)));
  });
}
