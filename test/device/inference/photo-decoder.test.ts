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

type Cost = Readonly<Record<"kind" | "detail", string> & Record<"tookMs" | "mb" | "bytes", number>>;

t.test("no attack photo costs much memory or time", async (t) => {
  const { stdout } = await run(process.execPath, ["--expose-gc", COST]);
  const costs: readonly Cost[] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.equal(costs.length, ATTACK_PHOTOS.length);
  for (const [i, cost] of costs.entries()) {
    const { name = "", detail } = ATTACK_PHOTOS[i] ?? {};
    t.comment(`${name}: ${JSON.stringify(cost)}`);
    t.ok(cost.bytes <= MOST.bytes, `${name} is as small as a photo may be`);
    t.ok(cost.mb <= MOST.mb, `${name}: ${cost.mb} MB`);
    t.ok(cost.tookMs <= MOST.ms, `${name}: ${cost.tookMs} ms`);
    if (detail) t.match(cost, { kind: "unusable", detail }, name);
  }
});

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
