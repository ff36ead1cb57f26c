import { readFile } from "node:fs/promises";
import { encode } from "fast-png";
import t from "tap";
import type { Prepared } from "../../carrier/client.ts";
import { deferred } from "../../carrier/connection/deferred.ts";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { encodeJpeg } from "../../drivers/image/jpeg.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import { ATTACK_PHOTOS } from "../support/attack-photos.ts";
import { media } from "../support/media.ts";
import { draw, GREY } from "../support/pictures.ts";
import { claimsOf, sealed } from "../support/requests.ts";
import { askWith, decided, setTestStage } from "../support/stage.ts";

const { carrier, key } = await setTestStage(t, { camera: `film:${media.path("franck.mp4")}` });
const identity = await carrier.identity();
const reference = await chipPhoto(media.path("franck_02221.jpg"));

/** The device answers the next good request as if nothing had happened. */
async function serves(t: { equal(a: unknown, b: unknown, name: string): boolean }): Promise<void> {
  const { claims } = await carrier.verify(askWith(reference));
  t.equal(decided(claims), "match", "the next good request is served");
}

async function request(claims: Record<string, unknown>): Promise<Prepared> {
  const message = await sealed(claims, key, identity.sealing);
  return { jti: String(claims["jti"]), sealed: message, digest: digest(message), timeoutMs: 10_000 };
}

const man = await readFile(media.path("franck_02221.jpg"));
const bigPicture = () => {
  const jpeg = Buffer.from(
    encodeJpeg(
      draw(64, 64, () => GREY),
      80,
    ),
  );
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(7_072, frame + 5);
  jpeg.writeUInt16BE(7_072, frame + 7);
  return jpeg;
};
const pngOf = (width: number, height: number) =>
  Buffer.from(encode({ width, height, data: draw(width, height, () => GREY).data, channels: 3 }));
const twoFaces = () => {
  const { width, height, data } = decodePhoto(man);
  const pixel = (x: number, y: number, c: number) => data[(y * width + (x % width)) * 3 + c] ?? 0;
  return encodeJpeg(
    draw(width * 2, height, (x, y) => [pixel(x, y, 0), pixel(x, y, 1), pixel(x, y, 2)]),
    80,
  );
};

const UNUSABLE: readonly (readonly [string, RegExp, () => Uint8Array | Promise<Uint8Array>])[] = [
  ["that is no image", /neither JPEG nor PNG/, () => Buffer.from("this is no image")],
  ["that is a JPEG cut short", /damaged/, () => man.subarray(0, 300)],
  ["of 50 megapixels", /more than 12000000 pixels/, bigPicture],
  ["with no face", /no face was found/, () => pngOf(102, 126)],
  ["with two faces", /more than one face/, twoFaces],
];

/** What each of them costs is measured elsewhere; these are the costliest of each kind. */
const COSTLY = [
  "a JPEG of 100,000 scans",
  "a PNG that inflates to more than its size",
  "a PNG of 12 megapixels with 16 bits",
];

t.test("references that cost their decoder as much as possible", async (t) => {
  const costly = ATTACK_PHOTOS.filter(({ name }) => COSTLY.includes(name));
  t.equal(costly.length, COSTLY.length);
  for (const { name, detail, make } of costly) {
    const report = await carrier.send(await request(claimsOf(make())));
    t.match(report.claims, { decision: "inconclusive", reason: "reference_unusable", detail }, name);
  }
  await serves(t);
});

for (const [name, detail, make] of UNUSABLE) {
  t.test(`a reference ${name}`, async (t) => {
    const claims = claimsOf(await make());
    const report = await carrier.send(await request(claims));
    t.match(report.claims, { decision: "inconclusive", reason: "reference_unusable", detail });
    t.equal(report.claims.similarity, undefined);
    await serves(t);
  });
}

t.test("while one person is verified, another request is told to wait", async (t) => {
  const prepared = await carrier.prepare(askWith(await chipPhoto(media.path("cage.jpg"))));
  const begun = deferred<true>();
  const running = carrier.send(prepared, () => begun.fill(true));
  await begun.within(5_000, () => new Error("it never began"));
  await t.rejects(carrier.verify(askWith(reference)), { code: "refused", refusal: "busy" });
  t.equal((await running).claims.decision, "no_match");
  await serves(t);
});
