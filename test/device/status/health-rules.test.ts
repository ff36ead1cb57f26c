import t from "tap";
import { FAULTS, type FaultCode } from "../../../device/faults.ts";
import { explainCode, HEALTH_RULES, type HealthCode, judge } from "../../../device/status/health-rules.ts";
import type { Metrics } from "../../../protocol/messages/metrics.ts";

const WELL: Metrics = {
  frameWaitSeconds: 0,
  inferenceWaitSeconds: 0,
  outboxReports: 0,
  outboxAgeSeconds: 0,
  connected: 1,
  diskFreeBytes: 8e9,
  temperatureCelsius: 55,
  underVoltage: 0,
};

/** Metrics that show each health problem. */
const SICK: Readonly<Record<HealthCode, Metrics>> = {
  frames_missing: { frameWaitSeconds: 6.1 },
  inference_stuck: { inferenceWaitSeconds: 10.1 },
  outbox_stuck: { outboxReports: 3, outboxAgeSeconds: 601 },
  disk_full: { diskFreeBytes: 3e6 },
  disk_low: { diskFreeBytes: 50e6 },
  certificate_ends_soon: { certificateSecondsLeft: 86_400 },
  too_hot: { temperatureCelsius: 81 },
  power_low: { underVoltage: 1 },
};

t.test("a device that moves is healthy, and so is one of which little is known", async (t) => {
  t.same(judge([], WELL), { state: "healthy", codes: [] });
  t.same(judge([], {}), { state: "healthy", codes: [] });
});

t.test("each problem has its own code and no other", async (t) => {
  for (const [code, { state }] of Object.entries(HEALTH_RULES)) {
    t.same(judge([], { ...WELL, ...SICK[code as HealthCode] }), { state, codes: [code] }, code);
  }
});

t.test("faults count by their weight, and a broker outage does not count", async (t) => {
  for (const [code, { weight }] of Object.entries(FAULTS) as [FaultCode, { weight: string }][]) {
    const { state, codes } = judge([code], WELL);
    if (code === "broker_unreachable" || code === "broker_denied") t.same([state, codes], ["healthy", []], code);
    else
      t.same(
        [state, codes],
        [weight === "warns" || ["clock_not_set", "unprovisioned"].includes(code) ? "degraded" : "unhealthy", [code]],
        code,
      );
  }
  const outage: Metrics = { ...WELL, connected: 0, outboxReports: 900, outboxAgeSeconds: 86_400 };
  t.same(judge(["broker_unreachable"], outage), { state: "healthy", codes: [] }, "a day's outage");
  const denied: Metrics = { ...WELL, outboxReports: 3, outboxAgeSeconds: 86_400 };
  t.same(judge(["broker_denied"], denied), { state: "healthy", codes: [] }, "rules that deny are the broker's");
});

t.test("the worst decides, every code is told, and each can be explained", async (t) => {
  const { state, codes } = judge(["light_failed", "camera_silent"], { ...WELL, ...SICK.too_hot });
  t.same([state, codes], ["unhealthy", ["camera_silent", "light_failed", "too_hot"]]);
  for (const code of [...Object.keys(HEALTH_RULES), ...Object.keys(FAULTS)]) {
    t.match(explainCode(code), { meaning: /\.$/, remedy: /\.$/ }, code);
  }
  t.equal(explainCode("unheard_of"), undefined);
});
