import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { buildFakeKernel } from "../../fake-kernel/kernel.ts";

/** `npm run soak` does the same for ten minutes. */
t.test("streaming leaves nothing behind: memory, frames, buffers, descriptors", async (t) => {
  const env = { ...process.env, ...(await buildFakeKernel(t.testdir({}), 60)) };
  const program = fileURLToPath(new URL("../../fake-kernel/soak.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, "12"], { env });
  const told = JSON.parse(stdout);
  t.comment(stdout.trim());
  t.equal(told.failure, undefined);
  t.ok(told.taken > 300, `${told.taken} frames`);
  t.equal(told.givenBack, told.taken, "frames given back = frames taken");
  t.same([told.closed, told.unmapped], [told.opened, told.mapped]);
  t.ok(told.afterMb - told.beforeMb <= 5, `grew by ${(told.afterMb - told.beforeMb).toFixed(1)} MB`);
});
