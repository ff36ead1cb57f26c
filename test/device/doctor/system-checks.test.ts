import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { tryBroker } from "../../../device/doctor/system-checks.ts";
import { openLog } from "../../../device/process/log.ts";
import { serveHealth } from "../../../device/status/health-socket.ts";
import type { Health } from "../../../protocol/messages/metrics.ts";

/** A place that counts who connects, and answers nobody. */
async function countingBroker(t: Test) {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  t.teardown(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { brokerUrl: new URL(`mqtt://127.0.0.1:${port}`), connections: () => connections };
}

/** The path of a socket has at most 107 bytes. */
function socketPath(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "matchlight-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "health.sock");
}

const TLS = { brokerCa: undefined, brokerCert: undefined, brokerKey: undefined };
const health = (metrics: Health["metrics"], ...codes: Health["codes"]): Health => ({
  v: 1,
  device: "counter-7",
  state: "healthy",
  codes,
  atMs: 0,
  software: "0.2.0",
  metrics,
});

t.test("a running service is asked, and its connection is left alone", async (t) => {
  const { brokerUrl, connections } = await countingBroker(t);
  const socket = socketPath(t);
  const cases: readonly (readonly [() => Promise<Health>, object])[] = [
    [async () => health({ connected: 1 }), { level: "ok", found: /is connected/ }],
    [async () => health({ connected: 0 }), { level: "fail", found: /is not connected/ }],
    [() => Promise.reject(new Error("the service is closing")), { level: "warn", found: /was not tried/ }],
  ];
  for (const [answer, finding] of cases) {
    await using _served = await serveHealth(socket, answer, openLog("silent", "counter-7"));
    t.match(await tryBroker({ ...TLS, brokerUrl, healthSocket: socket }, "counter-7"), finding);
  }
  t.equal(connections(), 0);
});

t.test("the broker is tried where no service runs, or one that waits for its settings", async (t) => {
  const { brokerUrl, connections } = await countingBroker(t);
  const socket = socketPath(t);
  for (const healthSocket of [undefined, socket]) {
    t.match(await tryBroker({ ...TLS, brokerUrl, healthSocket }, "counter-7"), { level: "fail", found: /cannot be/ });
  }
  await using _served = await serveHealth(
    socket,
    async () => health({}, "unprovisioned"),
    openLog("silent", "counter-7"),
  );
  t.match(await tryBroker({ ...TLS, brokerUrl, healthSocket: socket }, "counter-7"), { level: "fail" });
  t.ok(connections() >= 3);
});
