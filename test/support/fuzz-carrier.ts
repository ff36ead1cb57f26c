import { MESSAGE_BYTES } from "../../carrier/answers.ts";
import { listenToDevices } from "../../carrier/connection/device-listener.ts";
import { sign } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, TYPES, topicsOf } from "../../protocol/messages/contract.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { memoryBroker } from "./memory-broker.ts";
import { type SigningDevice, signingDevice } from "./signing-device.ts";

export interface CarrierFuzzResult {
  readonly messages: number;
  /** What came of them: answers by kind, messages of nobody, and what was said of the device. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Errors that left the listener: there must be none. */
  readonly untyped: readonly string[];
  readonly slowestMs: number;
  readonly rssGrowthMb: number;
}

const NAME = "fuzzed";
const TOPICS = topicsOf(DEFAULT_TOPICS, NAME);
const REPLY = "matchlight/v1/carrier/fuzz";
const CHANNELS = [TOPICS.report, TOPICS.answer, TOPICS.reported, TOPICS.identity, TOPICS.status, TOPICS.health];

/** Gives a carrier's listener so many spoilt messages on all its topics; a good report must come through at the end. */
export async function fuzzCarrier(messages: number, seed: number): Promise<CarrierFuzzResult> {
  const random = randomOf(seed);
  const device = await signingDevice(NAME);
  const outcomes: Record<string, number> = {};
  const count = (outcome: string) => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const broker = memoryBroker();
  listenToDevices(broker, {
    template: DEFAULT_TOPICS,
    pinOf: () => undefined,
    replyTopic: REPLY,
    events: {
      answered: (_, { kind }) => count(kind),
      unattributed: () => count("unattributed"),
      dropped: () => count("dropped"),
      lost: () => count("lost"),
    },
  });
  const untyped: string[] = [];
  let [slowestMs, beforeMb] = [0, 0];
  const good = await goodMessages(device);
  await broker.deliver(TOPICS.identity, JSON.stringify(device.identity));
  for (let i = 0; i < messages; i++) {
    // What is loaded, compiled and pooled on the way is no leak: measured from the middle on.
    if (i === Math.floor(messages / 2)) beforeMb = rssMb();
    const topic = [...CHANNELS, TOPICS.progress, REPLY][Math.floor(random() * 8)] ?? REPLY;
    const message = await spoil(good[Math.floor(random() * good.length)] ?? "", device, random);
    const sinceMs = performance.now();
    await broker.deliver(topic, message).catch((error: unknown) => untyped.push(String(error)));
    slowestMs = Math.max(slowestMs, performance.now() - sinceMs);
  }
  await broker.deliver(TOPICS.identity, JSON.stringify(device.identity));
  const reports = outcomes["report"] ?? 0;
  await broker.deliver(TOPICS.report, await device.report());
  if ((outcomes["report"] ?? 0) !== reports + 1) untyped.push("a good report is not read any more");
  return { messages, outcomes, untyped, slowestMs, rssGrowthMb: Math.round(rssMb() - beforeMb) };
}

async function goodMessages(device: SigningDevice): Promise<readonly string[]> {
  const status = { v: 1, device: NAME, state: "ready", faults: [] };
  const progress = { v: 1, jti: "request-1", stage: "looking", atMs: 1 };
  const tokens = [device.report(), device.refusal(), device.answer(), device.reported()];
  return [...(await Promise.all(tokens)), ...[device.identity, status, progress].map((one) => JSON.stringify(one))];
}

/** A message in one of six ways: changed, nested, repeated beyond every bound, signed with strange claims, cut, or as it is. */
async function spoil(good: string, device: SigningDevice, random: () => number): Promise<string | Uint8Array> {
  const at = Math.floor(random() * good.length);
  switch (Math.floor(random() * 6)) {
    case 0:
      return Buffer.concat([
        Buffer.from(good.slice(0, at)),
        Buffer.from([Math.floor(random() * 256)]),
        Buffer.from(good.slice(at + 1)),
      ]);
    case 1:
      return good.slice(0, at) + nested(random) + good.slice(at);
    case 2:
      return random() < 0.05
        ? Buffer.alloc(4_000_000, "[")
        : good.repeat(1 + Math.floor((random() * MESSAGE_BYTES.answer) / good.length));
    case 3:
      return sign(
        { iss: NAME, v: 1, strange: STRANGE[Math.floor(random() * STRANGE.length)] },
        kind(random),
        device.signing,
      );
    case 4:
      return good.slice(0, at);
    default:
      return key(good, random);
  }
}

function nested(random: () => number): string {
  const depth = Math.floor(random() * 40_000);
  const text = "[".repeat(depth) + "]".repeat(depth);
  return random() < 0.5 ? text : Buffer.from(text).toString("base64url");
}

const STRANGE: readonly unknown[] = [null, -1, 1e308, "", "x".repeat(5_000), [], {}, { toString: 1 }, "__proto__"];

function kind(random: () => number): string {
  const types = Object.values(TYPES);
  return types[Math.floor(random() * types.length)] ?? TYPES.report;
}

/** Keys of an identity as no key is. */
function key(good: string, random: () => number): string {
  const kinds = ["RSA", "oct", "OKP", "EC", "", "x".repeat(1_000)];
  return good.replace(/"kty":"[A-Z]+"/, `"kty":"${kinds[Math.floor(random() * kinds.length)]}"`);
}

function rssMb(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
}
