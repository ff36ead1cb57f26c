import t from "tap";
import { healthSchema } from "../../../protocol/messages/metrics.ts";

t.test("the time of a health message is one that a date can hold", async (t) => {
  const health = { v: 1, device: "counter-1", state: "healthy", codes: [], software: "0", metrics: {} };
  for (const atMs of [0, 1_795_880_000_000.5, 8.64e15]) {
    t.ok(healthSchema.safeParse({ ...health, atMs }).success, String(atMs));
    t.doesNotThrow(() => new Date(atMs).toISOString());
  }
  for (const atMs of [-1, 8.64e15 + 2, 1e17])
    t.notOk(healthSchema.safeParse({ ...health, atMs }).success, String(atMs));
});
