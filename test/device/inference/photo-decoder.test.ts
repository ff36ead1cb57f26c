import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { decodeOnThread } from "../../../device/inference/photo-decoder.ts";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { ATTACK_PHOTOS } from "../../support/attack-photos.ts";

const run = promisify(execFile);
const COST = join(PACKAGE_FOLDER, "dist", "test", "support", "decode-cost.js");

/** What a photo may cost at most, whatever it is. */
const MOST = { mb: 150, ms: 2_000, bytes: 1_500_000 } as const;

async function costOf(index: number) {
  const { stdout } = await run(process.execPath, ["--expose-gc", COST, String(index)]);
  const cost: Readonly<Record<"kind" | "detail", string> & Record<"tookMs" | "mb" | "bytes", number>> =
    JSON.parse(stdout);
  return cost;
}

for (const [index, { name, detail }] of ATTACK_PHOTOS.entries()) {
  t.test(`${name} costs little memory and time`, async (t) => {
    const cost = await costOf(index);
    t.comment(JSON.stringify(cost));
    t.ok(cost.bytes <= MOST.bytes, "it is as small as a photo may be");
    t.ok(cost.mb <= MOST.mb, `${cost.mb} MB`);
    t.ok(cost.tookMs <= MOST.ms, `${cost.tookMs} ms`);
    if (detail) t.match(cost, { kind: "unusable", detail });
  });
}

t.test("a photo that takes too long is unusable, and the next one is decoded", async (t) => {
  const photo = (name: string) => ATTACK_PHOTOS.find((one) => one.name === name)?.make() ?? Buffer.alloc(0);
  const slow = photo("a PNG as large as is taken");
  t.match(await decodeOnThread(slow, 1), { kind: "unusable", detail: /within 1 ms/ });
  const png = photo("a PNG with a profile that inflates");
  t.match(await decodeOnThread(png), { kind: "decoded", picture: { width: 64, height: 64 } });
});

t.test("the caller's bytes are left as they are", async (t) => {
  const photo = Buffer.from("no photo");
  t.match(await decodeOnThread(photo), { kind: "unusable", detail: /neither/ });
  t.equal(photo.toString(), "no photo");
});
