import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { chipPhoto } from "../../../cli/demo/chip.ts";
import { startInference } from "../../../device/inference/inference.ts";
import { media } from "../../support/media.ts";
import { SHIPPED_PACK } from "../../support/pack.ts";

const inference = await startInference(SHIPPED_PACK);
t.teardown(() => inference[Symbol.asyncDispose]());

/** Ends of a thread, spread over all networks that an enrolment runs. */
const ROUNDS = 12;

const jpeg = async (name: string) => ({
  format: "MJPG" as const,
  width: 0,
  height: 0,
  strideBytes: 0,
  data: await readFile(media.path(name)),
});

t.test("a reference, a look, and forgetting", async (t) => {
  t.same(await inference.enrol(await chipPhoto(media.path("franck_02221.jpg"))), { kind: "enrolled" });
  t.match(await inference.look(await jpeg("franck_04000.jpg")), { kind: "scored" });
  await inference.forget();
  await t.rejects(inference.look(await jpeg("franck_04000.jpg")), { code: "inference_failed", message: /reference/ });
});

t.test("bad photos and damaged frames are answers, not failures", async (t) => {
  t.match(await inference.enrol(Buffer.from("no photo")), { kind: "unusable", problem: "no_picture" });
  await inference.enrol(await chipPhoto(media.path("franck_02221.jpg")));
  t.match(await inference.look({ ...(await jpeg("cage.jpg")), data: new Uint8Array(9) }), { kind: "damaged" });
});

t.test("a caller's bytes are left as they are: the thread works on a copy", async (t) => {
  const frame = await jpeg("cage.jpg");
  const before = Buffer.from(frame.data);
  await inference.look(frame);
  t.ok(before.equals(frame.data));
});

t.test("a pack that cannot be used stops the start, with the reason", async (t) => {
  const folder = t.testdir({});
  await cp(SHIPPED_PACK, folder, { recursive: true });
  await writeFile(join(folder, "embedder.onnx"), "nothing");
  await t.rejects(startInference(folder), { code: "pack_refused", message: /embedder\.onnx/ });
});

t.test("after its thread has ended every call fails, at once", async (t) => {
  const short = await startInference(SHIPPED_PACK);
  const asked = t.rejects(short.enrol(await chipPhoto(media.path("cage.jpg"))), { code: "inference_failed" });
  await short[Symbol.asyncDispose]();
  await asked;
  await t.rejects(short.forget(), { code: "inference_failed" });
  await t.resolves(async () => short[Symbol.asyncDispose](), "it can be ended twice");
});

t.test("a thread may be ended within any network: the process goes on", async (t) => {
  const photo = await chipPhoto(media.path("cage.jpg"));
  const startedMs = performance.now();
  await inference.enrol(photo);
  const enrolMs = performance.now() - startedMs;
  for (let round = 0; round < ROUNDS; round++) {
    const short = await startInference(SHIPPED_PACK);
    const asked = short.enrol(photo).then(
      ({ kind }) => kind,
      ({ code }) => code,
    );
    await sleep((round / ROUNDS) * enrolMs);
    await short[Symbol.asyncDispose]();
    t.match(await asked, /^(inference_failed|enrolled)$/);
  }
});
