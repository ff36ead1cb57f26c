import t from "tap";
import { FAULTS, type FaultCode } from "../../../device/faults.ts";
import type { SessionState } from "../../../device/session/session.ts";
import { lightFor, openDeviceStatus, statusFor, type View } from "../../../device/status/device-status.ts";
import { LIGHT_TABLE, lightOf } from "../../../device/status/light-patterns.ts";
import type { Status } from "../../../protocol/messages/contract.ts";
import { darkLight } from "../../support/stage.ts";

const IDLE: View = { connected: true, busy: false, session: undefined, faults: [] };

t.test("the person at the counter comes first, then the device, then the network", async (t) => {
  const faults: readonly FaultCode[] = ["camera_gone"];
  t.equal(lightFor({ ...IDLE, session: "looking", faults, connected: false }), "looking");
  t.equal(lightFor({ ...IDLE, faults, connected: false }), "faulty");
  t.equal(lightFor({ ...IDLE, faults: ["broker_unreachable"], connected: false }), "offline");
  t.equal(lightFor({ ...IDLE, faults: ["light_failed"] }), "ready", "a warning does not stop anybody");
  t.equal(lightFor({ ...IDLE, connected: undefined }), "starting");
  t.equal(lightFor(IDLE), "ready");
});

t.test("every fault that is no warning makes the status faulty", async (t) => {
  for (const code of Object.keys(FAULTS) as FaultCode[]) {
    const { state } = statusFor("cam", { ...IDLE, faults: [code] });
    t.equal(state, FAULTS[code].weight === "warns" ? "ready" : "faulty", code);
  }
  t.equal(statusFor("cam", { ...IDLE, busy: true }).state, "busy");
});

t.test("the status is told when it changes, and only then", async (t) => {
  const told: Status[] = [];
  const deviceStatus = openDeviceStatus({
    device: "cam",
    light: darkLight,
    statusChanged: (status) => told.push(status),
  });
  deviceStatus.update({ connected: true });
  deviceStatus.update({ session: "looking" });
  deviceStatus.raise("camera_gone");
  deviceStatus.raise("camera_gone");
  deviceStatus.clear("camera_gone", "camera_busy");
  t.same(
    told.map(({ state, faults }) => [state, ...faults]),
    [["ready"], ["faulty", "camera_gone"], ["ready"]],
  );
});

t.test("no two states of the light share a rhythm", async (t) => {
  const rhythms = Object.values(LIGHT_TABLE).map(({ beats }) => JSON.stringify(beats));
  t.equal(new Set(rhythms).size, rhythms.length);
});

t.test("bystanders cannot tell a no from an inconclusive ending, and red is never a person's", async (t) => {
  const ended = (decision: "match" | "no_match" | "inconclusive", reason?: "timeout" | "cancelled"): SessionState => {
    const frames = { looked: 1, used: 1 };
    return { kind: "ended", verdict: reason ? { decision, reason, frames } : { decision, frames } };
  };
  t.equal(lightOf(ended("no_match")), "see_staff");
  t.equal(lightOf(ended("inconclusive", "timeout")), "see_staff");
  t.equal(lightOf(ended("match")), "match");
  t.equal(lightOf(ended("inconclusive", "cancelled")), "ready");
  for (const [state, { colour }] of Object.entries(LIGHT_TABLE)) t.equal(colour === "red", state === "faulty", state);
});
