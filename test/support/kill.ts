import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Deferred, deferred } from "../../carrier/connection/deferred.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk, readKeySet } from "../../protocol/encoding/tokens.ts";
import { checkChain, describeFinding } from "../../protocol/messages/report-chain.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { startTestBroker } from "./broker.ts";
import { type Clerk, openClerk, TOPICS } from "./clerk.ts";
import { until } from "./until.ts";

/** What a device has said that has said nothing. */
const NOTHING = "nothing yet";

/** How a device is ended: killed, or told to stop. */
export type Blow = "SIGKILL" | "SIGTERM";

/** When the blow falls: at any moment, or in the middle of a verification. */
export type Moment = "any" | "session";

/** At any moment: a verification takes about as long as what comes before and after it. Otherwise it takes a second. */
const FRAME_MS: Readonly<Record<Moment, number>> = { any: 20, session: 150 };

export interface KillResult {
  readonly seed: number;
  readonly rounds: number;
  readonly broker: string;
  readonly sent: number;
  readonly accepted: number;
  /** Reports as they arrived, and how many different ones. */
  readonly arrived: number;
  readonly distinct: number;
  readonly interrupted: number;
  /** Blows between the acceptance of a request and its report, as far as the device said. */
  readonly inSession: number;
  readonly withoutReport: number;
  readonly withTwoReports: number;
  readonly chain: readonly string[];
  /** What the device said last before it was killed, and how often: where the blows fell. */
  readonly killedAfter: Readonly<Record<string, number>>;
  /** The longest that a device took from the signal to its end. */
  readonly slowestEndMs: number;
  /** Of those told to stop: ends other than by exit code 0, and lights that were left on. */
  readonly badEnds: readonly string[];
}

/**
 * Kills a device with SIGKILL again and again, at moments drawn from a seed, while requests come in; then lets it live
 * and asks again for what was not answered. Every request must have exactly one report, in one unbroken chain.
 */
export async function killRounds(
  rounds: number,
  seed: number,
  told = (_line: string) => {},
  signal: Blow = "SIGKILL",
  moment: Moment = "any",
): Promise<KillResult> {
  const random = randomOf(seed);
  const folder = await mkdtemp(join(tmpdir(), "matchlight-kill-"));
  await using broker = await startTestBroker();
  const key = await generatePrivateJwk("signing");
  const accepted = new Set<string>();
  const killedAfter: Record<string, number> = {};
  const ends: End[] = [];
  await using link = openMqttClient({
    url: broker.url,
    clientId: "clerk",
    sessionSeconds: 600,
    subscribe: [TOPICS.report, TOPICS.identity],
  });
  const clerk = await openClerk(link, key);
  const start = () =>
    startMortal([broker.url.href, join(folder, "data"), JSON.stringify(key), String(FRAME_MS[moment])], accepted);
  try {
    for (let round = 1; round <= rounds; round++) {
      const mortal = start();
      const early = moment === "any" && random() < 0.2;
      const begun = moment === "any" ? mortal.up() : mortal.accepted();
      const blow = early ? sleep(random() * 700) : begun.then(() => sleep(random() * 400));
      const end = await underFire(mortal, clerk, blow, { signal, moment });
      ends.push(end);
      killedAfter[end.last] = (killedAfter[end.last] ?? 0) + 1;
      if (round % 10 === 0)
        told(`round ${round} of ${rounds}: ${clerk.sent.size} sent, ${clerk.reports.size} answered`);
    }
    const survivor = start();
    await survivor.up();
    await answerAll(clerk);
    survivor.child.kill("SIGKILL");
    await once(survivor.child, "exit");
    const inSession = ends.filter(({ inSession }) => inSession).length;
    return {
      seed,
      rounds,
      broker: broker.kind,
      ...(await sum(clerk, accepted)),
      killedAfter,
      ...judge(ends, signal),
      inSession,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How one device ended. */
interface End {
  readonly tookMs: number;
  /** The exit code, or the signal that ended a process that had not begun to listen. */
  readonly by: number | string | null;
  readonly lit: boolean;
  readonly inSession: boolean;
  /** What it had said last when the blow fell. */
  readonly last: string;
}

function judge(ends: readonly End[], signal: Blow) {
  const slowestEndMs = Math.round(Math.max(...ends.map(({ tookMs }) => tookMs)));
  // Before it listens, a signal ends a process at once: nothing has begun by then.
  const good = ({ by, lit, last }: End) => (by === 0 || (by === "SIGTERM" && last === NOTHING)) && !lit;
  const bad = signal === "SIGKILL" ? [] : ends.filter((end) => !good(end));
  return { slowestEndMs, badEnds: bad.map(({ by, lit }) => `${by}${lit ? ", and the light was left on" : ""}`) };
}

/** Requests go on until the blow falls. */
async function underFire(
  mortal: Mortal,
  clerk: Clerk,
  blow: Promise<void>,
  { signal, moment }: { readonly signal: Blow; readonly moment: Moment },
): Promise<End> {
  const fallen = new AbortController();
  const requests = (async () => {
    for (const jti of unanswered(clerk)) await clerk.send(jti);
    await mortal.up();
    await until(() => clerk.identity() !== undefined || fallen.signal.aborted);
    while (!fallen.signal.aborted && clerk.identity()) {
      const jti = await clerk.make();
      await clerk.send(jti);
      await until(() => clerk.reports.has(jti) || fallen.signal.aborted, moment === "any" ? 300 : 3_000);
    }
  })();
  await blow;
  fallen.abort();
  const blownMs = performance.now();
  const [last, inSession] = [mortal.last(), mortal.inSession()];
  mortal.child.kill(signal);
  if (mortal.child.exitCode === null && mortal.child.signalCode === null) await once(mortal.child, "exit");
  const tookMs = performance.now() - blownMs;
  mortal.gone();
  await requests;
  return { last, tookMs, by: mortal.child.exitCode ?? mortal.child.signalCode, lit: mortal.lit(), inSession };
}

async function answerAll(clerk: Clerk): Promise<void> {
  for (let tries = 0; tries < 10 && unanswered(clerk).length > 0; tries++) {
    for (const jti of unanswered(clerk)) {
      await clerk.send(jti);
      await until(() => clerk.reports.has(jti), 1_000);
    }
  }
  // Reports that were on their way twice may still come; they must be the same ones.
  await sleep(500);
}

function unanswered({ sent, reports }: Clerk): readonly string[] {
  return [...sent.keys()].filter((jti) => !reports.has(jti));
}

async function sum(clerk: Clerk, accepted: ReadonlySet<string>) {
  const identity = clerk.identity();
  if (!identity) throw new Error("the device never said who it is");
  const tokens = [...clerk.chain].sort(([a], [b]) => a - b).map(([, token]) => token);
  const chain = await checkChain(tokens, await readKeySet(identity.signing));
  const begun = chain.firstSeq === 1 ? [] : [`the chain begins with report ${chain.firstSeq}`];
  return {
    sent: clerk.sent.size,
    accepted: accepted.size,
    arrived: clerk.arrived(),
    distinct: [...clerk.reports.values()].reduce((count, rids) => count + rids.size, 0),
    interrupted: clerk.interrupted(),
    withoutReport: new Set([...unanswered(clerk), ...[...accepted].filter((jti) => !clerk.reports.has(jti))]).size,
    withTwoReports: [...clerk.reports.values()].filter((rids) => rids.size > 1).length,
    chain: [...begun, ...chain.findings.map(describeFinding)],
  };
}

interface Mortal {
  readonly child: ChildProcess;
  /** Resolves when it is connected, or dead. */
  up(): Promise<void>;
  /** Resolves when it has accepted a request, or is dead. */
  accepted(): Promise<void>;
  inSession(): boolean;
  gone(): void;
  last(): string;
  /** Whether its light was left on, as far as it said. */
  lit(): boolean;
}

function startMortal(args: readonly string[], accepted: Set<string>): Mortal {
  const program = join(PACKAGE_FOLDER, "dist", "test", "support", "kill-device.js");
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let [last, lit, inSession]: [string, boolean, boolean] = [NOTHING, false, false];
  const [up, begun] = [deferred<true>(), deferred<true>()];
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("light: ")) {
      lit = line !== "light: dark";
      return;
    }
    const said = JSON.parse(line);
    last = said.event;
    if (said.event === "broker_connected") up.fill(true);
    if (said.event === "report_stored") inSession = false;
    if (said.event !== "request_accepted") return;
    accepted.add(said.jti);
    inSession = true;
    begun.fill(true);
  });
  const is = ({ within }: Deferred<true>) =>
    within(60_000, () => new Error(`nothing but ${last}`)).then(() => undefined);
  return {
    child,
    up: () => is(up),
    accepted: () => is(begun),
    gone() {
      up.fill(true);
      begun.fill(true);
    },
    last: () => last,
    lit: () => lit,
    inSession: () => inSession,
  };
}
