import { execFile, execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Suite } from "../../contract/suite.ts";
import type { ImageConfig } from "../dockerfile.ts";
import { filesOf } from "./files.ts";
import { CHIP, readColour, recordLight } from "./lamps.ts";
import { GUEST, openShop, type Start } from "./shop.ts";
import { boardSuite, tell } from "./suite.ts";
import { openVivid, playFilm } from "./vivid.ts";

/**
 * The image as it is shipped, run as docker-compose.yml and as plain Docker run it: read-only root, runtime folder on a
 * tmpfs, data on a volume, and a supervisor's folder for the lock.
 */
const image: ImageConfig = JSON.parse(readFileSync(join(GUEST, "image.json"), "utf8"));
const execute = promisify(execFile);
const LOCK = "/tmp/balena/updates.lock";
const LET_GO_WITHIN_MS = 20_000;
const SETTINGS = {
  MATCHLIGHT_LIGHT: `gpiochip:${CHIP}?red=0&green=1&blue=2`,
  MATCHLIGHT_DATA_DIR: "/data",
  BALENA_APP_LOCK_PATH: LOCK,
  BALENA_RELEASE_HASH: "0a1b2c",
};
/** The image's user, and what plain Docker's `--group-add video` adds. */
const [UID, GID, VIDEO] = [1000, 1000, 44];

/** What Docker does to a root before it starts a container of this image. */
function mountAll(): void {
  const mount = (...args: readonly string[]) => execFileSync("mount", [...args]);
  for (const volume of image.volumes) {
    const { uid, gid } = statSync(volume);
    mount("-t", "tmpfs", "tmpfs", volume);
    // A new volume takes over the owner of what the image has in its place.
    chownSync(volume, uid, gid);
  }
  mount("-t", "tmpfs", "tmpfs", "/run");
  mkdirSync("/tmp/balena", { mode: 0o755 });
  // udev of the host gives cameras to their group; this board has none.
  for (const name of readdirSync("/dev").filter((one) => /^video\d+$/.test(one))) {
    chownSync(join("/dev", name), 0, VIDEO);
    chmodSync(join("/dev", name), 0o660);
  }
  mount("-o", "remount,ro", "/");
}

/** The service as the image's own entry point starts it. */
function asImage(more: Start["options"]): Start {
  return {
    command: [...image.entrypoint, ...image.cmd],
    options: { cwd: image.workdir, env: { ...image.env, ...SETTINGS }, ...more },
  };
}

/**
 * What Docker gives a container for /dev: a folder of its own, with the nodes that were there when it was made; here none
 * but two, so that camera and lines are as good as plugged in later.
 */
const OWN_DEV =
  'mount -t tmpfs dev /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 && exec "$@"';

function inContainer({ command, options }: Start): Start {
  return { command: ["unshare", "-m", "sh", "-c", OWN_DEV, "container", ...command], options };
}

async function asCompose(t: Suite): Promise<void> {
  const light = recordLight();
  await using shop = await openShop({}, inContainer(asImage({})));
  const mounts = readFileSync(`/proc/${shop.pid}/mounts`, "utf8");
  t.equal(/.*^\S+ \/dev (\S+)/ms.exec(mounts)?.[1], "devtmpfs", "it sees the host's device nodes, and later ones");
  const status = readFileSync(`/proc/${shop.pid}/status`, "utf8");
  const field = (name: string) => new RegExp(`^${name}:\\s+(.+)$`, "m").exec(status)?.[1]?.trim().split(/\s+/) ?? [];
  t.same(field("Uid"), Array(4).fill(String(UID)), "it is the unprivileged user, in every sense");
  t.same(field("Gid"), Array(4).fill(String(GID)), "and its group");
  for (const set of ["CapEff", "CapPrm"]) t.same(field(set), ["0000000000000000"], `${set}: nothing of root is left`);
  t.ok(!field("Groups").includes("0"), "not in root's group");
  const held: boolean[] = [];
  t.equal(await shop.verify("right.jpg", () => held.push(existsSync(LOCK))), "match", "the right person");
  t.ok(held.includes(true), "the update lock was held");
  t.equal(await shop.verify("other.jpg"), "no_match", "somebody else");
  const seen = await light.seenUntil("amber");
  t.ok(seen.includes("green") && seen.includes("amber") && !seen.includes("red"), "the light went with it");
  await writeFileAndRefuse(t, shop.verify);
  t.same(await healthcheck(), { code: 0, state: "healthy", release: "0a1b2c" }, "the image's own health check");
  t.same(
    filesOf("/data").filter((path) => statSync(path).uid !== UID),
    [],
    "all of its data is its own",
  );
  t.same(
    filesOf("/tmp").filter((path) => statSync(path).uid === UID),
    [],
    "and it writes nowhere else",
  );
  tell({ kind: "figure", name: "the service's memory since it was started, MB", ...(await shop.readMemory()) });
  t.equal(await shop.stop(), 0, "it stops when it is told to");
  t.equal(readColour(), "dark", "and its light is off");
  light.stop();
}

async function writeFileAndRefuse(t: Suite, verify: (photo: string) => Promise<string>): Promise<void> {
  // The report of the last session is here before its lock is let go.
  for (const late = Date.now() + LET_GO_WITHIN_MS; existsSync(LOCK) && Date.now() < late; ) await sleep(50);
  writeFileSync(LOCK, "", { flag: "wx" });
  const refused = await verify("right.jpg").catch((error: { refusal?: string }) => error.refusal);
  t.equal(refused, "updating", "once it is free, a supervisor's refuses politely");
  rmSync(LOCK);
}

/** Runs the image's HEALTHCHECK as Docker does, and asks the same for machines. */
async function healthcheck() {
  const [program = "", ...args] = image.healthcheck;
  const options = { cwd: image.workdir, env: { ...process.env, ...image.env } };
  const { code = 0 }: { code?: number } = await execute(program, args, options).then(
    () => ({}),
    (error) => error,
  );
  const { stdout } = await execute(program, [...args, "--json"], options);
  const { state, release } = JSON.parse(stdout);
  return { code, state, release };
}

/** The entry point as `docker run --group-add video` starts it. */
function asUser(): Start {
  const [shell = "", script = "", entry = "", ...args] = [...image.entrypoint, ...image.cmd];
  const program = fileURLToPath(new URL("./as-user.js", import.meta.url));
  const user = [UID, GID, VIDEO].map(String);
  const command = [shell, script, program, ...user, join(image.workdir, entry), ...args];
  return { command, options: asImage({}).options };
}

async function asPlainDocker(t: Suite): Promise<void> {
  await using shop = await openShop({}, asUser());
  t.ok(!shop.log().includes("fatal"), "it comes up");
  t.same(await healthcheck(), { code: 0, state: "healthy", release: "0a1b2c" }, "and is healthy");
  t.equal(await shop.stop(), 0, "and stops when it is told to");
}

const t = boardSuite();
mountAll();
await t.test("the root is read-only", async (t) => {
  await t.rejects(writeFile("/app/x", ""), { code: "EROFS" });
  t.ok(!existsSync("/app/x"), "nothing was written");
  t.equal(image.user, "node", "the image's user");
});
{
  await using _film = await playFilm(openVivid());
  await t.test("as docker-compose.yml starts it", asCompose);
  await t.test("as plain Docker starts it", asPlainDocker);
}
process.exit(t.failures() === 0 ? 0 : 1);
