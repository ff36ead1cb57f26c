import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Carrier, openCarrier } from "../../../carrier/client.ts";
import { openResources, type Resources } from "../../../protocol/common/disposable-stack.ts";
import { generatePrivateJwk } from "../../../protocol/encoding/tokens.ts";
import type { Progress } from "../../../protocol/messages/contract.ts";
import { tell } from "./suite.ts";

const BROKER = new URL("mqtt://127.0.0.1:1883");
const DEVICE = "board";

/** The folder of the tests' own program: that of the product, or one beside an image. */
export const GUEST = fileURLToPath(new URL("../../../../", import.meta.url));

/** How the service is started; an image says it in its own way. */
export interface Start {
  readonly command: readonly string[];
  readonly options: SpawnOptions;
}

/** The very command of `npm start`; the service takes the shell's place, so signals reach it. */
async function asInstalled(): Promise<Start> {
  const { scripts } = JSON.parse(await readFile(join(GUEST, "package.json"), "utf8"));
  const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
  return { command: ["/bin/sh", "-c", scripts.start], options: { cwd: GUEST, env: { PATH: path } } };
}

/** Memory of a process that is resident, in megabytes. */
export interface Memory {
  /** At a time, since it was last read. */
  readonly most: number;
  readonly now: number;
  /** Of it: heaps and stacks; text, constants and what a driver has mapped. */
  readonly anonymous: number;
  readonly files: number;
}

/** A shop: a broker, the service as it is shipped in a process of its own, and the carrier's side. */
export interface Shop extends AsyncDisposable {
  readonly carrier: Carrier;
  /** Asks for a verification with a photo of /app/photos. */
  verify(photo: string, onProgress?: (progress: Progress) => void): Promise<string>;
  /** Open descriptors of the service. */
  descriptors(): Promise<number>;
  /** Reads the memory of the service, and begins anew to look for the most. */
  readMemory(): Promise<Memory>;
  /** The service's log so far. */
  log(): string;
  readonly pid: number;
  /** Resolves with the exit code when the service has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Ends the service as a supervisor does; gives its exit code. */
  stop(): Promise<number | null>;
}

/** A broker of its own process, on the port that the shop's service uses. */
export async function openBoardBroker(): Promise<AsyncDisposable> {
  await mkdir("/tmp/mosquitto", { recursive: true });
  await writeFile(
    "/tmp/mosquitto/conf",
    "listener 1883 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n",
  );
  const broker = spawn("/usr/sbin/mosquitto", ["-c", "/tmp/mosquitto/conf"], { stdio: "ignore" });
  const ended = once(broker, "exit");
  return {
    async [Symbol.asyncDispose]() {
      broker.kill("SIGTERM");
      await ended;
    },
  };
}

/** What the service is told in its environment. */
export function shopEnvironment(publicKey: object, more: Record<string, string>): NodeJS.ProcessEnv {
  return {
    ...process.env,
    MATCHLIGHT_BROKER_URL: BROKER.href,
    MATCHLIGHT_DEVICE_ID: DEVICE,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: "v4l2:auto?size=720x576",
    MATCHLIGHT_DATA_DIR: "/data/matchlight",
    ...more,
  };
}

export async function openShop(more: Record<string, string>, start?: Start): Promise<Shop> {
  const all = openResources();
  try {
    return {
      ...(await furnish(all, more, start ?? (await asInstalled()))),
      [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
    };
  } catch (error) {
    await all[Symbol.asyncDispose]();
    throw error;
  }
}

async function furnish(
  all: Resources,
  more: Record<string, string>,
  { command: [program = "", ...args], options }: Start,
): Promise<Omit<Shop, typeof Symbol.asyncDispose>> {
  all.use(await openBoardBroker());
  const key = await generatePrivateJwk("signing");
  const { d: _, ...publicKey } = key;
  const env = shopEnvironment(publicKey, more);
  const service = spawn(program, args, { ...options, env: { ...env, ...options.env } });
  const ended = once(service, "exit").then(([code]) => code as number | null);
  const stop = async () => {
    service.kill("SIGTERM");
    return ended;
  };
  all.onClose(async () => void (await stop()));
  const log = collectLog(service);
  await heard(log, "broker_connected");
  const carrier = all.use(await openCarrier({ brokerUrl: BROKER, device: DEVICE, key }));
  return {
    carrier,
    verify: (photo, onProgress) => verify(carrier, photo, onProgress),
    descriptors: async () => (await readdir(`/proc/${service.pid}/fd`)).length,
    readMemory: () => readMemory(service),
    log,
    pid: service.pid ?? 0,
    ended,
    stop,
  };
}

function collectLog(service: ChildProcess): () => string {
  let text = "";
  for (const stream of [service.stdout, service.stderr]) {
    stream?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  }
  return () => text;
}

/** Waits until the log has a word. */
export async function heard(log: () => string, word: string, withinMs = 180_000): Promise<void> {
  for (const late = Date.now() + withinMs; !log().includes(word); await sleep(50)) {
    if (Date.now() > late) throw new Error(`"${word}" was not heard within ${withinMs} ms; the log:\n${log()}`);
  }
}

async function verify(carrier: Carrier, photo: string, onProgress?: (progress: Progress) => void): Promise<string> {
  const startedMs = performance.now();
  const ask = {
    reference: await readFile(join(GUEST, "photos", photo)),
    consent: { id: "board", at: Math.floor(Date.now() / 1000), notice: "board" },
    purpose: "acceptance",
    policy: { timeoutMs: 60_000 },
  };
  const { claims } = await carrier.verify(ask, onProgress);
  const { decision, reason, similarity, liveness, frames, detail } = claims;
  const tookMs = Math.round(performance.now() - startedMs);
  tell({ kind: "report", photo, decision, reason, detail, similarity, liveness, frames, tookMs });
  return reason ? `${decision}/${reason}` : decision;
}

/** Linux's word for "begin anew to look for the most that is resident" (proc_pid_clear_refs(5)). */
const RESET_HIGH_WATER_MARK = "5";

async function readMemory(service: ChildProcess): Promise<Memory> {
  const status = await readFile(`/proc/${service.pid}/status`, "utf8");
  await writeFile(`/proc/${service.pid}/clear_refs`, RESET_HIGH_WATER_MARK);
  const megabytes = (...names: readonly string[]) => {
    const kilobytes = names.map((name) => Number(status.split(`${name}:`)[1]?.split("kB")[0]));
    return Math.round((kilobytes.reduce((sum, value) => sum + value, 0) * 1024) / 1e6);
  };
  const [most, now, anonymous] = [megabytes("VmHWM"), megabytes("VmRSS"), megabytes("RssAnon")];
  // The board's files lie in a RAM disk, and count as shared memory there.
  return { most, now, anonymous, files: megabytes("RssFile", "RssShmem") };
}
