import t from "tap";
import { mountedOn, readUser } from "../../../deploy/image/prepare.ts";

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
