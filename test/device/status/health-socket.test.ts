import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { openLog } from "../../../device/process/log.ts";
import { queryHealth, serveHealth } from "../../../device/status/health-socket.ts";
import type { Health } from "../../../protocol/messages/metrics.ts";

const log = openLog("silent", "test-camera");

/** A socket's path must be short, so it lies in no folder of the test's. */
async function place(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ml-"));
  t.teardown(() => rm(folder, { recursive: true }));
  return join(folder, "health.sock");
}

t.test("somebody who asks and never goes keeps nothing open", async (t) => {
  const path = await place(t);
  const never = () => new Promise<Health>(() => undefined);
  const server = await serveHealth(path, never, log);
  const idle = connect({ path, allowHalfOpen: true });
  await once(idle, "connect");
  const closed = once(idle, "close");
  idle.on("error", () => undefined).on("end", () => undefined);
  const startedMs = performance.now();
  await server[Symbol.asyncDispose]();
  t.ok(performance.now() - startedMs < 1_000, "closed without waiting for them");
  idle.destroy();
  await closed;
});

t.test("an answer that is no health is an error, not a health", async (t) => {
  const path = await place(t);
  await using _server = await serveHealth(path, async () => ({ state: "splendid" }) as unknown as Health, log);
  await t.rejects(queryHealth(path));
  await t.rejects(queryHealth(`${path}.none`), { code: "ENOENT" });
});
