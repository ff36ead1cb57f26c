import { readFileSync, writeFileSync } from "node:fs";
import { decodeOnThread } from "../../device/inference/photo-decoder.ts";
import { encodeJpeg } from "../../drivers/image/jpeg.ts";
import { ATTACK_PHOTOS } from "./attack-photos.ts";
import { draw, GREY } from "./pictures.ts";

/** What the photo of that number costs a process that has decoded one before: prints JSON. */
const WAIT_MS = 120_000;
const photo = (ATTACK_PHOTOS[Number(process.argv[2])] ?? ATTACK_PHOTOS[0])?.make() ?? Buffer.alloc(0);
const usual = encodeJpeg(
  draw(300, 400, () => GREY),
  80,
);
await decodeOnThread(usual);
globalThis.gc?.();
const megabytes = (name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1_024;
// The peak begins anew: see proc(5).
writeFileSync("/proc/self/clear_refs", "5");
const [before, cpu] = [megabytes("VmRSS"), process.cpuUsage()];
// Without the deadline: its costs are what is measured, and a process must not end before such a thread has.
const { kind, ...rest } = await decodeOnThread(photo, WAIT_MS);
const { user, system } = process.cpuUsage(cpu);
// Of the processor, and not of the clock: other tests run beside this.
const tookMs = Math.round((user + system) / 1_000);
const detail = "detail" in rest ? rest.detail : "";
const cost = { kind, detail, tookMs, mb: Math.round(megabytes("VmHWM") - before), bytes: photo.length };
process.stdout.write(JSON.stringify(cost));
