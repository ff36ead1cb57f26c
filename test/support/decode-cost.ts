import { readFileSync, writeFileSync } from "node:fs";
import { decodeOnThread } from "../../device/inference/photo-decoder.ts";
import { encodeJpeg } from "../../drivers/image/jpeg.ts";
import { ATTACK_PHOTOS } from "./attack-photos.ts";
import { draw, GREY } from "./pictures.ts";

/** Prints what each attack photo costs a process that has decoded a usual one before: a line of JSON for each. */
const WAIT_MS = 120_000;
const usual = encodeJpeg(
  draw(300, 400, () => GREY),
  80,
);
await decodeOnThread(usual);
const megabytes = (name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1_024;
// The least that was resident before any photo: what one leaves behind counts for those after it.
let before = Number.POSITIVE_INFINITY;
for (const { make } of ATTACK_PHOTOS) {
  const photo = make();
  globalThis.gc?.();
  before = Math.min(before, megabytes("VmRSS"));
  // The peak begins anew: see proc(5).
  writeFileSync("/proc/self/clear_refs", "5");
  const cpu = process.cpuUsage();
  // Without the deadline: its costs are what is measured, and a process must not end before such a thread has.
  const { kind, ...rest } = await decodeOnThread(photo, WAIT_MS);
  const { user, system } = process.cpuUsage(cpu);
  // Of the processor, and not of the clock: other tests run beside this.
  const tookMs = Math.round((user + system) / 1_000);
  const detail = "detail" in rest ? rest.detail : "";
  const cost = { kind, detail, tookMs, mb: Math.round(megabytes("VmHWM") - before), bytes: photo.length };
  process.stdout.write(`${JSON.stringify(cost)}\n`);
}
