import { execFile } from "node:child_process";
import { chownSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { mountedOn, readUser, runtimeFolders } from "../../../deploy/image/prepare.ts";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";

t.test("the image's user is found by name, and its absence is said", async (t) => {
  const passwd = "root:x:0:0:root:/root:/bin/bash\nnode:x:1000:1000::/home/node:/bin/bash\n";
  t.same(readUser(passwd), { uid: 1000, gid: 1000 });
  t.throws(() => readUser("root:x:0:0::/:\n"), /no user node/);
});

t.test("what covers a folder is what was mounted there last", async (t) => {
  const mounts = "devtmpfs /dev devtmpfs rw 0 0\nproc /proc proc rw 0 0\ntmpfs /dev tmpfs rw 0 0\n";
  t.equal(mountedOn("/dev", mounts), "tmpfs");
  t.equal(mountedOn("/dev/shm", mounts), undefined);
});

t.test("temporary files have their folder, with a socket for the health and without", async (t) => {
  const [TMPDIR, other] = ["/run/matchlight", "/run/health"];
  const folders = (MATCHLIGHT_HEALTH_SOCKET?: string) =>
    runtimeFolders({ TMPDIR, ...(MATCHLIGHT_HEALTH_SOCKET ? { MATCHLIGHT_HEALTH_SOCKET } : {}) });
  t.same(folders(), [TMPDIR]);
  t.same(folders("none"), [TMPDIR]);
  t.same(folders(`${TMPDIR}/health.sock`), [TMPDIR]);
  t.same(folders(`${other}/health.sock`), [TMPDIR, other]);
});

t.test("the image's entry point makes the folder before anything is asked for it", async (t) => {
  const TMPDIR = join(t.testdir({}), "run", "matchlight");
  // As the image's user: root would prepare the machine first.
  const user = process.getuid?.() === 0 ? 65_534 : undefined;
  if (user !== undefined) chownSync(t.testdirName, user, user);
  const as = user === undefined ? {} : { uid: user, gid: user };
  const enter = join(PACKAGE_FOLDER, "dist", "deploy", "image", "enter.js");
  // Nothing of this test's own environment, as in a container.
  const command = ["-i", `TMPDIR=${TMPDIR}`, "MATCHLIGHT_HEALTH_SOCKET=none", process.execPath, enter, "--version"];
  await promisify(execFile)("env", command, as);
  t.ok(statSync(TMPDIR).isDirectory());
});
