import { spawn } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { encode } from "fast-png";
import t from "tap";
import { type Carrier, openCarrier } from "../../carrier/client.ts";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { readPack } from "../../models/pack/pack.ts";
import { load } from "../../models/pipeline/recognizer.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";
import { digest, generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { TYPES } from "../../protocol/messages/contract.ts";
import { startTestBroker } from "../support/broker.ts";
import { media } from "../support/media.ts";
import { type Needle, needlesOf, searchMemory } from "../support/memory-search.ts";
import { SHIPPED_PACK } from "../support/pack.ts";
import { claimsOf, sealed } from "../support/requests.ts";
import { askWith, decided } from "../support/stage.ts";

const DEVICE = "searched";
const FRAME = media.path("franck_04000.jpg");
const PHOTO = media.path("franck_02221.jpg");

/** The share of pieces that may be left; single ones stand in tables of decoders. */
const LEFT_AT_MOST = 0.02;

/** How often is searched, with a second before each. A busy machine is late with everything, but not with clearing up. */
const SEARCHES = { during: 8, after: 3 } as const;

/** What is certain to be in memory while somebody is looked at. */
const IN_USE = ["frame, pixels", "template"];

const folder = t.testdir({});

const base64url = (text: string) => Buffer.from(text).toString("base64url");

/** Everything that must not stay: both pictures, as they came, were signed and look, and the template. */
async function secrets(photo: Uint8Array) {
  const [frame, text] = [await readFile(FRAME), Buffer.from(photo).toString("base64")];
  await using recognizer = await load(await readPack(SHIPPED_PACK), loadOnnx);
  const enrolment = await recognizer.enrol(decodePhoto(photo));
  if (enrolment.kind !== "enrolled") throw new Error("the photo gives no template");
  const { buffer, byteOffset, byteLength } = enrolment.template;
  return [
    ...needlesOf("photo, as sent", photo),
    ...needlesOf("photo, as text", Buffer.from(text)),
    ...[0, 1, 2].flatMap((shift) => needlesOf("photo, as signed text", Buffer.from(base64url(text.slice(shift))))),
    ...needlesOf("photo, pixels", decodePhoto(photo).data),
    ...needlesOf("frame, as captured", frame),
    ...needlesOf("frame, pixels", decodePhoto(frame).data),
    ...needlesOf("template", new Uint8Array(buffer, byteOffset, byteLength)),
  ];
}

/** A film of one picture: whatever frame is looked at is known. */
async function stillFilm(): Promise<string> {
  const film = join(folder, "film");
  await mkdir(film, { recursive: true });
  for (let i = 0; i < 8; i++) await copyFile(FRAME, join(film, `${i}.jpg`));
  return film;
}

/** The service as `npm start` starts it. */
async function startService(environment: NodeJS.ProcessEnv) {
  const { scripts } = JSON.parse(await readFile(join(PACKAGE_FOLDER, "package.json"), "utf8"));
  const service = spawn("/bin/sh", ["-c", scripts.start], {
    cwd: PACKAGE_FOLDER,
    env: { PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.teardown(() => service.kill("SIGKILL"));
  for await (const line of createInterface({ input: service.stdout })) {
    if (!line.includes('"broker_connected"')) continue;
    service.stdout.resume();
    return service.pid ?? 0;
  }
  throw new Error("the service ended before it was connected");
}

/** A service, a broker and a carrier, until the tests end. */
async function stage() {
  const broker = await startTestBroker();
  t.teardown(() => broker[Symbol.asyncDispose]());
  const key = await generatePrivateJwk("signing");
  const { d: _, ...publicKey } = key;
  const pid = await startService({
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: DEVICE,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: `film:${await stillFilm()}`,
    MATCHLIGHT_DATA_DIR: join(folder, "data", String(broker.url.port)),
  });
  const carrier = await openCarrier({ brokerUrl: broker.url, device: DEVICE, key });
  t.teardown(() => carrier[Symbol.asyncDispose]());
  return { pid, carrier, key };
}

/** Yama may keep processes from reading each other: 2 lets only root, 3 nobody. */
async function forbidden(): Promise<string | false> {
  const scope = Number(await readFile("/proc/sys/kernel/yama/ptrace_scope", "utf8").catch(() => "0"));
  return scope === 3 || (scope === 2 && process.getuid?.() !== 0) ? `kernel.yama.ptrace_scope is ${scope}` : false;
}

const skip = await forbidden();

t.test("when a verification is over, neither pictures nor templates are left in memory", { skip }, async (t) => {
  const { pid, carrier } = await stage();
  const jpeg = await readFile(PHOTO);
  const png = Buffer.from(encode({ ...decodePhoto(jpeg), channels: 3 }));
  for (const [form, photo] of Object.entries({ jpeg, png })) {
    const needles = await secrets(photo);
    const { jti, ended } = await lookingAt(carrier, photo);
    const inUse = (found: Found) => IN_USE.every((name) => (found[name] ?? 0) > 50);
    const during = await searchUntil(inUse, () => searchMemory(pid, needles), SEARCHES.during);
    await carrier.cancel(jti, "cancelled");
    await ended;
    const most = mostOf(needles);
    const isClean = (found: Found) => Object.entries(found).every(([name, left]) => left <= most(name));
    const after = await searchUntil(isClean, () => searchMemory(pid, needles), SEARCHES.after);
    t.comment(`${form}: during ${JSON.stringify(during)}, after ${JSON.stringify(after)}`);
    for (const name of IN_USE) t.ok((during[name] ?? 0) > 50, `${form}: ${name} are found while it goes on`);
    for (const [name, left] of Object.entries(after)) t.ok(left <= most(name), `${form}: ${name}: ${left} pieces left`);
  }
});

t.test("nor of a request that was refused", { skip }, async (t) => {
  const { pid, carrier, key } = await stage();
  const photo = await readFile(PHOTO);
  const needles = await secrets(photo);
  const { policy, ...ask } = askWith(photo);
  await t.rejects(carrier.verify({ ...ask, policy: { ...policy, fmr: 1e-6 } }), { code: "refused" });
  // What is refused after its decryption: a token of another kind, and one of a key that the device does not know.
  const claims = claimsOf(photo, { aud: DEVICE });
  const { sealing } = await carrier.identity();
  const other = await generatePrivateJwk("signing");
  for (const message of [await sealed(claims, key, sealing, TYPES.report), await sealed(claims, other, sealing)]) {
    const prepared = { jti: "refused-request", sealed: message, digest: digest(message), timeoutMs: 10_000 };
    await t.rejects(carrier.send(prepared), { code: "refused", refusal: "bad_signature" });
  }
  const after = await searchUntil(
    () => true,
    () => searchMemory(pid, needles),
    1,
  );
  t.comment(JSON.stringify(after));
  const most = mostOf(needles);
  for (const [name, left] of Object.entries(after)) t.ok(left <= most(name), `${name}: ${left} pieces left`);
});

/** How many pieces of each kind may be left. */
function mostOf(needles: readonly Needle[]): (name: string) => number {
  return (name) => needles.filter((needle) => needle.name === name).length * LEFT_AT_MOST;
}

/** On a busy machine a photo may not be decoded in time, and the verification ends before anybody is looked at. */
const ASKED_AT_MOST = 10;

/** Asks for verifications until the service looks at the person in one of them. */
async function lookingAt(carrier: Carrier, photo: Uint8Array) {
  for (let asked = 1; ; asked++) {
    try {
      return await lookingOnce(carrier, photo);
    } catch (error) {
      if (asked === ASKED_AT_MOST) throw error;
    }
  }
}

/** Asks for a verification, and waits until the service looks at the person. Rejects if it ends before. */
function lookingOnce(carrier: Carrier, photo: Uint8Array): Promise<{ jti: string; ended: Promise<unknown> }> {
  return new Promise((resolve, reject) => {
    const ended = carrier.verify(askWith(photo), ({ jti, stage }) => {
      if (stage === "looking") resolve({ jti, ended });
    });
    ended.then(({ claims }) => reject(new Error(`over before anybody was looked at: ${decided(claims)}`)), reject);
  });
}

type Found = Readonly<Record<string, number>>;

/** Searches until what is found is as it should be, some times; gives what was found last. */
async function searchUntil(is: (found: Found) => boolean, search: () => Promise<Found>, most: number): Promise<Found> {
  for (let tries = 1; ; tries++) {
    await sleep(1_000);
    const found = await search();
    if (is(found) || tries === most) return found;
  }
}
