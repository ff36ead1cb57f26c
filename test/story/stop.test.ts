import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { killRounds } from "../support/kill.ts";

const ROUNDS = 8;
const STOP_WITHIN_MS = 5_000;
const FORCED_AFTER_MS = 4_500;

t.test("a device that is told to stop at any moment is gone within 5 s, dark, and has lost nothing", async (t) => {
  const seed = Date.now() % 1_000_000;
  const result = await killRounds(ROUNDS, seed, undefined, "SIGTERM");
  t.comment(`seed ${seed}: ${JSON.stringify(result)}; npm run kill-test -- 50 --stop does more`);
  t.ok(result.accepted > 0, `${result.accepted} requests were accepted`);
  t.ok(result.slowestEndMs < STOP_WITHIN_MS, `the slowest took ${result.slowestEndMs} ms`);
  t.same(result.badEnds, []);
  t.equal(result.withoutReport + result.withTwoReports, 0);
  t.equal(result.distinct, result.sent);
  t.same(result.chain, []);
});

t.test("a thread that does not come back keeps it no longer, and the log says so", async (t) => {
  await using broker = await startTestBroker();
  const { d: _, ...carrier } = await generatePrivateJwk("signing");
  const program = join(PACKAGE_FOLDER, "dist", "test", "support", "stuck-device.js");
  const stuckSeconds = 60;
  const args = [broker.url.href, join(t.testdir({}), "data"), JSON.stringify(carrier), String(stuckSeconds)];
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let said = "";
  let [toldMs, tookMs, lateMs] = [0, 0, 0];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"broker_connected"') && child.kill("SIGTERM")) {
      toldMs = performance.now();
      // A busy machine is as late with a timer of this process.
      void sleep(FORCED_AFTER_MS).then(() => {
        lateMs = performance.now() - toldMs - FORCED_AFTER_MS;
      });
    }
    if (line.includes('"stop_forced"')) [said, tookMs] = [line, performance.now() - toldMs];
  }
  t.match(JSON.parse(said), { level: 40, afterMs: FORCED_AFTER_MS });
  t.ok(
    tookMs < STOP_WITHIN_MS + lateMs,
    `it took ${Math.round(tookMs)} ms, beside a timer that was ${Math.round(lateMs)} ms late`,
  );
  t.same(await ended, [1, null]);
});
