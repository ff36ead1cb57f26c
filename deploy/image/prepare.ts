import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "../../device/settings/environment.ts";
import type { User } from "./become.ts";

/** The user of the official Node images. */
const USER = "node";
/** The group of cameras, by the same number in Debian and in balenaOS (base-passwd). */
const VIDEO_GROUP = 44;

export type Warn = (event: string, reason: string) => void;

/**
 * What root has to do before it is given up. Nothing here is needed to serve with a light of text and a camera that may
 * be opened: what cannot be done is told, and the service finds out what it lacks.
 */
export function prepare(environment: Environment, warn: Warn): User {
  const { uid, gid } = readUser(readFileSync("/etc/passwd", "utf8"));
  const attempt = (event: string, work: () => void) => {
    try {
      work();
    } catch (error) {
      warn(event, String(error));
    }
  };
  attempt("device_nodes_missing", showDevices);
  attempt("lines_denied", () => admitToLines(gid));
  attempt("lock_folder_denied", () => admitToLock(environment["BALENA_APP_LOCK_PATH"], gid));
  for (const folder of runtimeFolders(environment)) {
    attempt("runtime_folder_missing", () => giveRuntime(folder, uid, gid));
  }
  attempt("data_folder_denied", () => giveAll(environment["MATCHLIGHT_DATA_DIR"] ?? "/data", uid, gid));
  return { uid, gid, groups: groupsOf(readdirSync("/dev").map((name) => join("/dev", name))) };
}

/** passwd(5). Throws when the image has no such user. Pure. */
export function readUser(passwd: string): { readonly uid: number; readonly gid: number } {
  const [, , uid, gid] =
    passwd
      .split("\n")
      .map((line) => line.split(":"))
      .find(([name]) => name === USER) ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`/etc/passwd has no user ${USER}`);
  return { uid: Number(uid), gid: Number(gid) };
}

/** The type of what is mounted on a folder, proc_mounts(5): the last one covers those before. Pure. */
export function mountedOn(folder: string, mounts: string): string | undefined {
  const [, , type] =
    mounts
      .split("\n")
      .map((line) => line.split(" "))
      .findLast(([, place]) => place === folder) ?? [];
  return type;
}

/** The kernel's own device nodes instead of those of the moment at which the container was made: see /proc/filesystems. */
function showDevices(): void {
  if (mountedOn("/dev", readFileSync("/proc/mounts", "utf8")) === "devtmpfs") return;
  const { status, error, stderr } = spawnSync("mount", ["-t", "devtmpfs", "devtmpfs", "/dev"], { encoding: "utf8" });
  if (status !== 0) throw error ?? new Error(stderr.trim());
}

/** GPIO chips belong to root alone where no rule of udev says otherwise. */
function admitToLines(gid: number): void {
  for (const name of readdirSync("/dev").filter((one) => /^gpiochip\d+$/.test(one))) {
    chownSync(join("/dev", name), 0, gid);
    chmodSync(join("/dev", name), 0o660);
  }
}

/** balena's folder for the lock belongs to root; the supervisor goes on using it. */
function admitToLock(lock: string | undefined, gid: number): void {
  if (!lock) return;
  chownSync(dirname(lock), 0, gid);
  chmodSync(dirname(lock), 0o775);
}

/** What must be there at run time on a read-only root: where temporary files go, and the socket if there is one. Pure. */
export function runtimeFolders({ TMPDIR, MATCHLIGHT_HEALTH_SOCKET: socket }: Environment): readonly string[] {
  const folders = [TMPDIR || "/run/matchlight", ...(socket && socket !== "none" ? [dirname(socket)] : [])];
  return [...new Set(folders)];
}

/** S_ISVTX of inode(7): everybody's folder, as /tmp is, stays everybody's. */
const STICKY = 0o1000;

function giveRuntime(folder: string, uid: number, gid: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if ((statSync(folder).mode & STICKY) === 0) chownSync(folder, uid, gid);
}

/** A volume from before this image, or one that root has restored, becomes the user's. */
function giveAll(folder: string, uid: number, gid: number): void {
  if (statSync(folder).uid !== uid) chownSync(folder, uid, gid);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const entry = lstatSync(path);
    if (entry.isDirectory()) giveAll(path, uid, gid);
    else if (entry.isFile() && entry.uid !== uid) chownSync(path, uid, gid);
  }
}

/** The groups of the cameras that are there, and the usual one for those that will be; never root's. */
function groupsOf(nodes: readonly string[]): readonly number[] {
  const cameras = nodes.filter((node) => /\/video\d+$/.test(node)).map((node) => statSync(node).gid);
  return [...new Set([VIDEO_GROUP, ...cameras])].filter((group) => group !== 0);
}
