import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Carrier, openCarrier } from "../../carrier/client.ts";
import { startBroker } from "../../cli/demo/broker.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { openWhole, type Resources } from "../../protocol/common/disposable-stack.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";

/** A verification of the right person, measured by the carrier. */
export interface Verification {
  /** From the request to the verified report. */
  readonly verdictMs: number;
  readonly decision: string;
  readonly looked: number;
  readonly used: number;
  /** The peak memory of the service; undefined without /proc. */
  readonly residentBytes: number | undefined;
}

/** A service with a pack in its own process, with a film at its own speed, and a broker and a carrier here. */
export interface Counter extends AsyncDisposable {
  readonly name: string;
  verify(): Promise<Verification>;
}

const STARTED_WITHIN_MS = 60_000;
const ROOM = "bench-camera";

/** Starts it. `reference` is the photo of the person in the film. Throws if the service does not start. */
export async function openCounter(name: string, film: string, reference: Uint8Array): Promise<Counter> {
  return openWhole(async (all) => {
    const { service, carrier } = await build(all, name, film);
    const verify = async () => {
      const follow = sampleMemory(service.pid);
      const startedMs = performance.now();
      const { claims } = await carrier.verify({
        reference,
        consent: { id: "bench", at: Math.floor(Date.now() / 1000), notice: "bench" },
        purpose: "bench",
        policy: { timeoutMs: 30_000 },
      });
      const verdictMs = performance.now() - startedMs;
      const { looked, used } = claims.frames;
      return { verdictMs, decision: claims.decision, looked, used, residentBytes: await follow() };
    };
    return { name, verify };
  });
}

async function build(
  all: Resources,
  pack: string,
  film: string,
): Promise<{ readonly service: ChildProcess; readonly carrier: Carrier }> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-bench-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const broker = all.use(await startBroker());
  const key = await generatePrivateJwk("signing");
  const { d: _, ...publicKey } = key;
  const env = {
    ...process.env,
    // The same Node as this process, not another one from PATH.
    PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: ROOM,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: `film:${film}`,
    MATCHLIGHT_DATA_DIR: join(folder, "data"),
    MATCHLIGHT_CLOCK: "trust",
    MATCHLIGHT_MODEL_PACK: pack,
  };
  const how = { cwd: PACKAGE_FOLDER, env, stdio: ["ignore", "pipe", "inherit"] } satisfies SpawnOptions;
  const service = spawn("/bin/sh", ["-c", await startCommand()], how);
  all.onClose(() => stop(service));
  await until(service, "broker_connected");
  service.stdout?.resume();
  return { service, carrier: all.use(await openCarrier({ brokerUrl: broker.url, device: ROOM, key })) };
}

/** The command of `npm start`. It replaces the shell, so that it gets signals and its memory is measured. */
async function startCommand(): Promise<string> {
  return JSON.parse(await readFile(join(PACKAGE_FOLDER, "package.json"), "utf8")).scripts.start;
}

async function until(service: ChildProcess, word: string): Promise<void> {
  let logged = "";
  const late = sleep(STARTED_WITHIN_MS, undefined, { ref: false }).then(() => {
    throw new Error(`the service did not say "${word}" within ${STARTED_WITHIN_MS / 1000} s`);
  });
  const said = new Promise<void>((resolve, reject) => {
    service.once("exit", (code) => reject(new Error(`the service ended with code ${code}: ${logged.slice(-500)}`)));
    service.stdout?.setEncoding("utf8").on("data", (text: string) => {
      logged = (logged + text).slice(-20_000);
      if (logged.includes(word)) resolve();
    });
  });
  await Promise.race([said, late]);
}

async function stop(service: ChildProcess): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const ended = once(service, "exit");
  service.kill("SIGTERM");
  await ended;
}

/** Samples the memory of a process; the returned function stops and gives the maximum. */
function sampleMemory(pid = 0): () => Promise<number | undefined> {
  let most: number | undefined;
  let looking = true;
  const sampled = (async () => {
    while (looking) {
      const now = await residentBytes(pid);
      if (now !== undefined) most = Math.max(most ?? 0, now);
      await sleep(50);
    }
  })();
  return async () => {
    looking = false;
    await sampled;
    return most;
  };
}

async function residentBytes(pid: number): Promise<number | undefined> {
  // Without /proc, and after the end of the process, nothing is known.
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
