import { encode } from "fast-png";
import { CompactSign } from "jose";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { DriverError } from "../../drivers/errors.ts";
import { encodeJpeg } from "../../drivers/image/jpeg.ts";
import {
  encrypt,
  generatePrivateJwk,
  type JWK,
  readKeySet,
  readPrivateKey,
  sign,
} from "../../protocol/encoding/tokens.ts";
import { readEnrolment } from "../../protocol/identity/enrolment.ts";
import { TYPES } from "../../protocol/messages/contract.ts";
import { CommandRefusal, readCommand } from "../../protocol/readers/command-reader.ts";
import { type Reader, Refusal, readRequest } from "../../protocol/readers/request-reader.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { draw } from "./pictures.ts";
import { claimsOf } from "./requests.ts";
import { spoilStructure } from "./spoilt-images.ts";
import { openPackFuzz, type PackFuzz } from "./spoilt-packs.ts";
import { bytesOf, changed, nested } from "./spoilt-values.ts";
import { watchMemory } from "./watched-memory.ts";

export interface FuzzResult {
  readonly seed: number;
  readonly messages: number;
  /** What came of them: a refusal's code, `accepted`, or what the photo's decoder said. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Errors that are neither a refusal nor a decoder's own: there must be none. */
  readonly untyped: readonly string[];
  /** The longest that one message took, and what came of it: by the processor's time where the machine is busy with others. */
  readonly slowest: { readonly ms: number; readonly outcome: string };
  /** Of resident memory, between the medians after the warm-up and at the end. */
  readonly rssGrowthMb: number;
}

interface Kit {
  readonly random: () => number;
  readonly carrier: Awaited<ReturnType<typeof readPrivateKey>>;
  readonly to: JWK;
  readonly photo: Buffer;
  readonly png: Buffer;
  /** A good message, to be spoilt. */
  readonly good: string;
}

/**
 * Reads so many spoilt messages, as requests, commands, enrolments and model packs: bytes, JOSE headers, claims, images and
 * their structure are changed, and JSON is nested or long, each in its turn.
 */
export async function fuzz(messages: number, seed: number, told = (_done: number) => {}): Promise<FuzzResult> {
  const random = randomOf(seed);
  const [carrierJwk, sealingJwk] = [await generatePrivateJwk("signing"), await generatePrivateJwk("sealing")];
  const [carrier, sealing] = [await readPrivateKey(carrierJwk, "signing"), await readPrivateKey(sealingJwk, "sealing")];
  const carrierKeys = await readKeySet(carrier.public);
  const reader: Reader = {
    device: "fuzzed",
    sealing,
    carrier: carrierKeys,
    clock: { wallMs: Date.now },
    clockIsSet: () => true,
  };
  const photo = Buffer.from(
    encodeJpeg(
      draw(102, 126, (x, y) => [x * 2, y * 2, 128]),
      75,
    ),
  );
  const good = await encrypt(await sign(claimsOf(photo, { aud: "fuzzed" }), TYPES.request, carrier), sealing.public);
  const png = Buffer.from(encode({ ...draw(40, 30, (x, y) => [x * 6, y * 8, 128]), channels: 3 }));
  const kit: Kit = { random, carrier, to: sealing.public, photo, png, good };
  await using packs = await openPackFuzz(carrier, carrierKeys);
  const outcomes: Record<string, number> = {};
  const untyped: string[] = [];
  const memory = watchMemory(messages);
  let slowest = { ms: 0, outcome: "" };
  for (let i = 0; i < messages; i++) {
    const message = i % KINDS === PACKS ? new Uint8Array() : await spoil(kit, i);
    const since = { wallMs: performance.now(), cpu: process.cpuUsage() };
    const outcome = await outcomeOf(i % KINDS, message, { reader, packs, random });
    const tookMs = spentMs(since);
    if (tookMs > slowest.ms) slowest = { ms: tookMs, outcome };
    if (outcome.startsWith("untyped ")) untyped.push(outcome);
    else outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    await memory.after(i);
    if (i % 10_000 === 9_999) told(i + 1);
  }
  return { seed, messages, outcomes, untyped: untyped.slice(0, 10), slowest, rssGrowthMb: memory.grownMb() };
}

/** Reading waits for nobody but the disk: what the clock says beyond the processor's time is other work of the machine. */
function spentMs({ wallMs, cpu }: { readonly wallMs: number; readonly cpu: NodeJS.CpuUsage }): number {
  const { user, system } = process.cpuUsage(cpu);
  return Math.min(performance.now() - wallMs, (user + system) / 1_000);
}

interface Readers {
  readonly reader: Reader;
  readonly packs: PackFuzz;
  readonly random: () => number;
}

function outcomeOf(kind: number, message: Uint8Array, { reader, packs, random }: Readers): Promise<string> {
  if (kind === OTHER_READERS) return readOthers(message, reader);
  return kind === PACKS ? packs.receive(random) : read(message, reader);
}

/** The same message as a command and as an enrolment; what is no request may be one of these. */
async function readOthers(message: Uint8Array, { device, carrier, clock, clockIsSet }: Reader): Promise<string> {
  const reader = { device, operator: carrier, publisher: carrier, clock, clockIsSet };
  // An enrolment is read at a desk: whatever is wrong with it is an error with a message.
  const enrolled = await readEnrolment(Buffer.from(message).toString("latin1")).then(
    () => "untyped enrolment",
    (error: unknown) => (error instanceof Error ? undefined : `untyped ${error}`),
  );
  if (enrolled) return enrolled;
  try {
    await readCommand(message, reader);
    return "accepted";
  } catch (error) {
    return error instanceof CommandRefusal ? `command ${error.code}` : `untyped ${error}`;
  }
}

async function read(message: Uint8Array, reader: Reader): Promise<string> {
  try {
    const claims = await readRequest(message, reader);
    if (claims.type !== "verify") return "accepted";
    decodePhoto(claims.photo);
    return "accepted";
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    if (error instanceof DriverError) return `photo ${error.code}`;
    return `untyped ${error}`;
  }
}

/** Ways to spoil a message, and which of them are for other readers than the requests'. */
const KINDS = 11;
const [OTHER_READERS, PACKS] = [9, 10];

/** One message, spoilt in one of these ways. */
async function spoil(kit: Kit, i: number): Promise<Uint8Array> {
  const { random, good, carrier, to, photo, png } = kit;
  const claims = claimsOf(photo, { aud: "fuzzed" });
  switch (i % KINDS) {
    case 0:
      return bytesOf(Buffer.from(good), random);
    case 1:
      return Buffer.from(withHeader(good, random));
    case 2:
      return Buffer.from(await encrypt(withHeader(await sign(claims, TYPES.request, carrier), random), to));
    case 3:
      return Buffer.from(await encrypt(await sign(asObject(changed(claims, random)), TYPES.request, carrier), to));
    case 4:
      return Buffer.from(await encrypt(bytesOf(Buffer.from(JSON.stringify(claims)), random).toString("latin1"), to));
    case 5:
      return withPhoto(kit, bytesOf(Buffer.from(photo), random));
    case 6:
      return withPhoto(kit, spoilStructure(random() < 0.5 ? photo : png, random));
    case 7:
      return Buffer.from([base64url(nested(random)), "", ...good.split(".").slice(2)].join("."));
    case 8:
      return Buffer.from(await encrypt(await signText(kit, nested(random), TYPES.request), to));
    default:
      return Buffer.from(await signText(kit, nested(random), random() < 0.5 ? TYPES.command : TYPES.enrolment));
  }
}

async function withPhoto({ carrier, to, photo }: Kit, spoilt: Buffer): Promise<Buffer> {
  const reference = { mediaType: "image/jpeg", data: spoilt.toString("base64") };
  const claims = claimsOf(photo, { aud: "fuzzed", reference });
  return Buffer.from(await encrypt(await sign(claims, TYPES.request, carrier), to));
}

const base64url = (text: string) => Buffer.from(text).toString("base64url");

/** Signed as it stands, whether it is JSON or not; one in ten has it for a header as well. */
async function signText({ carrier, random }: Kit, text: string, typ: string): Promise<string> {
  const header = { alg: "EdDSA", typ, kid: carrier.public.kid ?? "" };
  const token = await new CompactSign(Buffer.from(text)).setProtectedHeader(header).sign(carrier.key);
  return random() < 0.1 ? [base64url(text), ...token.split(".").slice(1)].join(".") : token;
}

const asObject = (value: unknown): object => (typeof value === "object" && value !== null ? value : { value });

const HEADERS: readonly Readonly<Record<string, unknown>>[] = [
  { alg: "none" },
  { alg: "HS256" },
  { alg: "RSA1_5" },
  { alg: "dir" },
  { alg: "PBES2-HS256+A128KW", p2c: 1_000_000_000, p2s: "AAAA" },
  { enc: "A128CBC-HS256" },
  { zip: "DEF" },
  { crit: ["exp"], exp: 1 },
  { crit: [] },
  { b64: false, crit: ["b64"] },
  { epk: { kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA" } },
  { epk: null },
  { kid: "x".repeat(10_000) },
  { kid: { toString: 1 } },
  { typ: 7 },
  { jwk: { kty: "oct", k: "AAAA" } },
  { jku: "file:///etc/passwd" },
  { __proto__: null, constructor: 1 },
];

/** The same token under another protected header. */
function withHeader(token: string, random: () => number): string {
  const [head = "", ...rest] = token.split(".");
  const header = JSON.parse(Buffer.from(head, "base64url").toString());
  const more = HEADERS[Math.floor(random() * HEADERS.length)];
  const text = random() < 0.1 ? "{" : JSON.stringify({ ...header, ...more });
  return [Buffer.from(text).toString("base64url"), ...rest].join(".");
}
