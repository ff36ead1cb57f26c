import t from "tap";
import { decodePhoto } from "../../../../device/inference/reference-photo.ts";
import { framedChipPicture } from "../../../../workshop/evaluate/pictures/id-photo.ts";

t.test("an ID photo is cut about the face: the eyes are 26 of its 102 pixels apart, in the middle", async (t) => {
  const [width, height] = [400, 400];
  const data = new Uint8Array(width * height * 3).fill(40);
  const eyes = [
    { x: 250, y: 100 },
    { x: 302, y: 100 },
  ] as const;
  for (const { x, y } of eyes) {
    for (let dy = -6; dy <= 6; dy++) data.fill(255, ((y + dy) * width + x - 6) * 3, ((y + dy) * width + x + 7) * 3);
  }
  const landmarks = Array.from({ length: 68 }, (_, i) => ([37, 38, 40, 41].includes(i) ? eyes[0] : eyes[1]));
  const chip = decodePhoto(framedChipPicture({ width, height, data }, landmarks));
  t.same([chip.width, chip.height], [102, 126]);
  const bright = (x: number, y: number) => (chip.data[(y * chip.width + x) * 3] ?? 0) > 180;
  t.ok(bright(51 - 13, 57) && bright(51 + 13, 57), "both eyes are where an ID photo has them");
  t.notOk(bright(51, 57) || bright(20, 57));
  const smaller = decodePhoto(framedChipPicture({ width, height, data }, landmarks, 14));
  t.ok((smaller.data[(57 * smaller.width + 51 - 7) * 3] ?? 0) > 120, "nearer each other where that is asked for");
});
